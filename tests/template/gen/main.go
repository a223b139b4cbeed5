// Command gen renders templates with Go's text/template and sprig, for the agent to be compared with.
//
//	gen cases < cases.txt > cases.json   the fixed cases
//	gen random <seed> <count>            random templates with random data, as JSON
//	gen functions                        the names of sprig's text functions
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
)

// Data is what kubebot gives to its templates.
type Data struct {
	Index   int
	Command []string
	Stdout  string
	Stderr  string
}

// Case is a template with what Go makes of it.
type Case struct {
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data,omitempty"`
	Out      *string         `json:"out,omitempty"`
	OutB64   *string         `json:"out_b64,omitempty"`
	Error    *string         `json:"error,omitempty"`
}

const common = `{{- define "port" -}}{{ add 30333 .Index }}{{- end -}}
{{- define "greet" }}Hello {{ . }}!{{ end -}}
{{- define "loop" }}{{ include "loop" . }}{{ end -}}
{{- define "blank" }}  {{ end -}}
{{- define "fails" }}{{ fail "no luck" }}{{ end -}}
`

var environment = map[string]string{"HOSTNAME": "chain-gwc-3", "EMPTY": "", "GREETING": "hi there"}

var structData = Data{Index: 3, Command: []string{"node", "--flag"}, Stdout: "stdout", Stderr: "stderr"}

func render(text string, data any) (out string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	root := template.New("common")
	funcs := sprig.TxtFuncMap()
	depth := 0
	funcs["include"] = func(name string, data any) (string, error) {
		if depth >= 1000 {
			return "", fmt.Errorf("template %q includes itself more than 1000 times", name)
		}
		depth++
		defer func() { depth-- }()
		var buf bytes.Buffer
		err := root.ExecuteTemplate(&buf, name, data)
		return buf.String(), err
	}
	if _, err := root.Funcs(funcs).Parse(common); err != nil {
		return "", err
	}
	// As kubebot does: each text has a copy of the shared definitions, which `include` does not see.
	own, err := root.Clone()
	if err != nil {
		return "", err
	}
	t, err := own.New("t").Parse(text)
	if err != nil {
		return "", err
	}
	var buf bytes.Buffer
	err = t.Execute(&buf, data)
	return buf.String(), err
}

func run(text string, raw json.RawMessage) Case {
	var data any = structData
	if raw != nil {
		data = nil
		if err := json.Unmarshal(raw, &data); err != nil {
			panic(fmt.Sprintf("%s: %v", raw, err))
		}
	}
	c := Case{Template: text, Data: raw}
	out, err := render(text, data)
	if err != nil {
		message := err.Error()
		c.Error = &message
	} else if utf8.ValidString(out) {
		c.Out = &out
	} else {
		encoded := base64.StdEncoding.EncodeToString([]byte(out))
		c.OutB64 = &encoded
	}
	return c
}

var separator = regexp.MustCompile(`(?m)^----\n`)

var simple = regexp.MustCompile(`^(?:\{\{ [^{}]* \}\}[ |]*)+$`)

var action = regexp.MustCompile(`\{\{ [^{}]* \}\}`)

var stateful = regexp.MustCompile(`=|\{\{ (?:if|else|end|with|range|define|block)\b`)

// independent splits a line of actions that do not know of each other into one case for each.
func independent(line string) []string {
	if simple.MatchString(line) && !stateful.MatchString(line) {
		return action.FindAllString(line, -1)
	}
	return []string{line}
}

// cases reads templates separated by lines of four dashes. A line "data: {...}" before one gives
// its data; without it the data is kubebot's. A section that starts with "lines" has a case a line.
func cases(input string) []Case {
	var all []Case
	for _, section := range separator.Split(input, -1) {
		if rest, ok := strings.CutPrefix(section, "lines\n"); ok {
			for _, line := range strings.Split(strings.TrimSuffix(rest, "\n"), "\n") {
				if line == "" || strings.HasPrefix(line, "# ") {
					continue
				}
				for _, text := range independent(line) {
					all = append(all, run(text, nil))
				}
			}
			continue
		}
		var raw json.RawMessage
		if rest, ok := strings.CutPrefix(section, "data: "); ok {
			line, body, _ := strings.Cut(rest, "\n")
			raw, section = json.RawMessage(line), body
		}
		all = append(all, run(strings.TrimSuffix(section, "\n"), raw))
	}
	return all
}

func write(value any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
}

func main() {
	os.Clearenv()
	for name, value := range environment {
		os.Setenv(name, value)
	}
	switch os.Args[1] {
	case "cases":
		input, err := io.ReadAll(os.Stdin)
		if err != nil {
			panic(err)
		}
		write(cases(string(input)))
	case "random":
		seed, _ := strconv.ParseInt(os.Args[2], 10, 64)
		count, _ := strconv.Atoi(os.Args[3])
		write(randomCases(seed, count))
	case "functions":
		var names []string
		for name := range sprig.TxtFuncMap() {
			names = append(names, name)
		}
		sort.Strings(names)
		write(names)
	}
}
