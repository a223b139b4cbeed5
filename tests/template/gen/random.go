package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// generator makes random templates: most are sound, some are not.
type generator struct {
	*rand.Rand
	depth int
	vars  []string
}

func randomCases(seed int64, count int) []Case {
	g := &generator{Rand: rand.New(rand.NewSource(seed))}
	all := make([]Case, 0, count)
	for range count {
		data, _ := json.Marshal(g.data(3))
		g.vars = nil
		text := g.act(g.pipe(1 + g.Intn(2)))
		if g.Intn(3) == 0 {
			text = g.body(1 + g.Intn(2))
		}
		all = append(all, run(text, data))
	}
	return all
}

func (g *generator) pick(choices ...string) string { return choices[g.Intn(len(choices))] }

var words = []string{"", "a", "foo", "foo bar", "HTTPServer2xx", "x-y_z", "ünï©ödé", "世界", "a,b,c", "  pad ",
	"10", "-3", "0x1f", "010", "3.75", "1e3", "true", "line1\nline2", "tab\there", "quote\"d", "<&>'", "/a/b/../c.txt",
	"1.2.3", "v1.2.3-rc.1+b", "https://u:p@h:80/p?q=1#f", "YWJj", "2h45m", "back\\slash", "%d %s", "$HOSTNAME ${EMPTY}!", "\xff\x00"}

func (g *generator) data(depth int) map[string]any {
	data := map[string]any{}
	for _, key := range []string{"a", "b", "c", "Index", "name"} {
		if g.Intn(5) > 0 {
			data[key] = g.value(depth)
		}
	}
	return data
}

func (g *generator) value(depth int) any {
	switch g.Intn(8) {
	case 0:
		return nil
	case 1:
		return g.Intn(2) == 0
	case 2:
		return float64(g.Intn(2000)-1000) / float64([]int{1, 1, 1, 8, 10}[g.Intn(5)])
	case 3:
		if depth > 0 {
			list := []any{}
			for range g.Intn(4) {
				list = append(list, g.value(depth-1))
			}
			return list
		}
	case 4:
		if depth > 0 {
			return g.data(depth - 1)
		}
	}
	return strings.ToValidUTF8(words[g.Intn(len(words))], "?")
}

func (g *generator) body(depth int) string {
	var b strings.Builder
	for range 1 + g.Intn(2) {
		b.WriteString(g.node(depth))
	}
	return b.String()
}

func (g *generator) open() string { return g.pick("{{", "{{ ", "{{- ", "{{-  ") }
func (g *generator) shut() string { return g.pick("}}", " }}", " -}}", "  -}}") }

func (g *generator) act(text string) string { return g.open() + text + g.shut() }

func (g *generator) node(depth int) string {
	mark := len(g.vars)
	scoped := func(body string) string { g.vars = g.vars[:mark]; return body }
	if depth > 0 {
		switch g.Intn(12) {
		case 0:
			head := g.act("if " + g.pipe(2))
			return scoped(head + g.body(depth-1) + g.act("else") + g.body(depth-1) + g.act("end"))
		case 1:
			return scoped(g.act("if "+g.pipe(2)) + g.body(depth-1) + g.act("else if "+g.pipe(2)) + g.body(depth-1) + g.act("end"))
		case 2:
			return scoped(g.act("with "+g.pipe(2)) + g.body(depth-1) + g.act("else") + g.body(depth-1) + g.act("end"))
		case 3:
			name := "$r" + strconv.Itoa(len(g.vars))
			head := g.act(fmt.Sprintf("range $i, %s := %s", name, g.list(2)))
			g.vars = append(g.vars, name, "$i")
			body := g.body(depth - 1)
			return scoped(head + body + g.act(g.pick("else", "end | print", "else")) + "none" + g.act("end"))
		case 4:
			return scoped(g.act("range "+g.pick(g.list(2), g.any(2), strconv.Itoa(g.Intn(4)))) + g.body(depth-1) +
				g.pick("", g.act("if "+g.pipe(1))+g.act(g.pick("break", "continue"))+g.act("end")) + g.act("end"))
		case 5:
			name := "$v" + strconv.Itoa(len(g.vars))
			text := g.act(name + " := " + g.pipe(2))
			g.vars = append(g.vars, name)
			return text
		case 6:
			return g.act(`template ` + g.pick(`"port" .`, `"greet" `+g.any(1), `"missing"`, `"blank"`))
		}
	}
	if g.Intn(4) == 0 {
		return g.pick("text", " \n", "  ", "a\n\nb ", "é")
	}
	return g.act(g.pipe(g.Intn(3)))
}

func (g *generator) pipe(depth int) string {
	text := g.any(depth)
	for range g.Intn(3) {
		text += " | " + g.pick("quote", "squote", "upper", "lower", "title", "toString", "len", "not", "toJson", "print",
			"printf \"%v|\"", "printf \"%6v|%-8[1]v\"", "html", "js", "urlquery", "default \"d\"", "kindOf", "typeOf", "trunc 3",
			"repeat 2", "int", "int64", "float64", "add 1", "mul 3", "empty", "b64enc", "b32enc", "snakecase", "camelcase",
			"kebabcase", "trim", "nospace", "indent 2", "nindent 1", "splitList \",\"", "join \"-\"", "first", "last", "rest",
			"reverse", "uniq", "sortAlpha", "compact", "has 1", "sha256sum", "toPrettyJson", "regexReplaceAll \"[a-z]+\" \"x\"",
			"trimAll \"a \"", "initials", "swapcase", "untitle", "wrap 4", "atoi", "floor", "ceil", "toStrings", "println",
			"and 1", "or 0", "eq 1", "ternary 1 2", "quote | len", "expandenv", "base", "dir", "ext", "clean", "fromJson", "b64dec")
	}
	return text
}

func (g *generator) any(depth int) string {
	switch g.Intn(7) {
	case 0:
		return g.integer(depth)
	case 1:
		return g.boolean(depth)
	case 2:
		return g.list(depth)
	case 3:
		return g.dict(depth)
	case 4:
		return g.field()
	case 5:
		return g.float(depth)
	}
	return g.str(depth)
}

func (g *generator) field() string {
	if len(g.vars) > 0 && g.Intn(2) == 0 {
		return g.vars[g.Intn(len(g.vars))] + g.pick("", "", "", ".a")
	}
	return g.pick(".", ".a", ".b", ".c", ".Index", ".name", ".a.b", ".b.a.c", "$.a", "$.b", "$", "nil")
}

func (g *generator) call(text string, args ...string) string {
	return "(" + text + " " + strings.Join(args, " ") + ")"
}

func (g *generator) integer(depth int) string {
	if depth <= 0 || g.Intn(3) == 0 {
		return g.pick("0", "1", "2", "7", "-1", "42", "0x1f", "0b11", "0o17", "1_000", "'a'", "9223372036854775807", "-5")
	}
	switch g.Intn(6) {
	case 0:
		return g.call(g.pick("add", "sub", "mul", "div", "mod", "max", "min"), g.any(depth-1), g.integer(depth-1))
	case 1:
		return g.call("len", g.any(depth-1))
	case 2:
		return g.call(g.pick("int", "int64", "add1", "toDecimal", "atoi"), g.any(depth-1))
	case 3:
		return g.call("index", g.list(depth-1), g.pick("0", "1", "2"))
	}
	return g.call("int", g.integer(depth-1))
}

func (g *generator) float(depth int) string {
	if depth <= 0 || g.Intn(2) == 0 {
		return g.pick("1.5", "0.1", "-2.75", "1e3", "1e21", "1e-7", "3.0", "123456789.125", "0x1p-2", "1e6")
	}
	return g.call(g.pick("addf", "subf", "mulf", "divf", "maxf", "minf"), g.any(depth-1), g.float(depth-1))
}

func (g *generator) boolean(depth int) string {
	if depth <= 0 || g.Intn(3) == 0 {
		return g.pick("true", "false")
	}
	switch g.Intn(5) {
	case 0:
		return g.call(g.pick("eq", "ne", "lt", "le", "gt", "ge"), g.any(depth-1), g.any(depth-1))
	case 1:
		return g.call(g.pick("eq", "ne", "lt", "le", "gt", "ge"), g.str(depth-1), g.str(depth-1))
	case 2:
		return g.call(g.pick("contains", "hasPrefix", "hasSuffix", "regexMatch"), g.str(depth-1), g.str(depth-1))
	case 3:
		return g.call(g.pick("and", "or"), g.any(depth-1), g.any(depth-1))
	}
	return g.call(g.pick("empty", "not", "all", "any"), g.any(depth-1))
}

func (g *generator) str(depth int) string {
	if depth <= 0 || g.Intn(3) == 0 {
		word := words[g.Intn(len(words))]
		if g.Intn(4) == 0 && !strings.ContainsAny(word, "`\xff") {
			return "`" + word + "`"
		}
		return strconv.Quote(word)
	}
	flags := g.pick("", "", "-", "+", "#", "0", " ", "#0", "+0") + g.pick("", "", "8", "12") + g.pick("", "", ".0", ".3")
	switch g.Intn(10) {
	case 0:
		return g.call(fmt.Sprintf("printf \"%%%s%s\"", flags, g.pick("v", "v", "d", "s", "q", "x", "X", "f", "e", "g", "t", "T", "c", "U", "b", "o", "z")), g.any(depth-1))
	case 1:
		return g.call("printf \"%[2]v %v %d\"", g.any(depth-1), g.any(depth-1))
	case 2:
		return g.call(g.pick("upper", "lower", "title", "trim", "snakecase", "camelcase", "kebabcase", "swapcase", "initials", "nospace", "b64enc", "b64dec", "untitle", "base", "dir", "ext"), g.str(depth-1))
	case 3:
		return g.call("replace", g.str(0), g.str(0), g.str(depth-1))
	case 4:
		return g.call(g.pick("trunc", "abbrev", "indent", "wrap", "repeat"), strconv.Itoa(g.Intn(9)-1), g.str(depth-1))
	case 5:
		return g.call("substr", strconv.Itoa(g.Intn(5)-1), strconv.Itoa(g.Intn(9)-1), g.str(depth-1))
	case 6:
		return g.call(g.pick("cat", "quote", "squote", "print", "println"), g.any(depth-1), g.any(depth-1))
	case 7:
		return g.call("join", g.str(0), g.list(depth-1))
	case 8:
		return g.call(g.pick("toJson", "toString", "toPrettyJson", "html", "js", "urlquery", "toRawJson"), g.any(depth-1))
	}
	return g.call("default", g.str(0), g.any(depth-1))
}

func (g *generator) list(depth int) string {
	if depth <= 0 {
		return g.pick("(list)", "(list 1 2 3)", `(list "b" "a" nil)`, "(until 3)", `(splitList "," "x,y")`, ".a")
	}
	switch g.Intn(9) {
	case 0:
		return g.call("splitList", g.str(0), g.str(depth-1))
	case 1:
		return g.call(g.pick("rest", "initial", "reverse", "uniq", "compact", "sortAlpha", "toStrings"), g.list(depth-1))
	case 2:
		return g.call(g.pick("append", "prepend", "without"), g.list(depth-1), g.any(depth-1))
	case 3:
		return g.call("concat", g.list(depth-1), g.list(depth-1))
	case 4:
		return g.call("slice", g.pick("(list 1 2 3)", "(until 4)"), g.pick("0", "1"), g.pick("1", "2", "9"))
	case 5:
		return g.call("regexFindAll", strconv.Quote(g.pick("[a-z]", "\\d+", "", "o*", "(a|b)+", "\\bx", "[^ ]+")), g.str(depth-1), g.pick("-1", "1", "2"))
	case 6:
		return g.call("chunk", g.pick("1", "2"), g.list(depth-1))
	case 7:
		return g.call("regexSplit", strconv.Quote(g.pick("[a-z]", ",", "", "o*", " ")), g.str(depth-1), g.pick("-1", "1", "2"))
	}
	return g.call("list", g.any(depth-1), g.any(depth-1))
}

func (g *generator) dict(depth int) string {
	if depth <= 0 {
		return g.pick("(dict)", `(dict "a" 1 "b" 2)`, `(split "," "x,y")`, `(dict "a" (dict "b" nil))`)
	}
	switch g.Intn(4) {
	case 0:
		return g.call(g.pick("merge", "mergeOverwrite"), g.dict(depth-1), g.dict(depth-1))
	case 1:
		return g.call(g.pick("set", "set"), g.dict(depth-1), `"k"`, g.any(depth-1))
	case 2:
		return g.call(g.pick("pick", "omit"), g.dict(depth-1), g.pick(`"a"`, `"b"`))
	}
	return g.call("dict", g.str(0), g.any(depth-1), `"z"`, g.any(depth-1))
}
