{{/* A duration of so many seconds, at least one. */}}
{{- define "chainpod.seconds" -}}
{{ max 1 (int .) }}s
{{- end -}}

{{/* The configuration of one chain's agent, as YAML: dict root, chain. */}}
{{- define "chainpod.config.chain" -}}
{{- $root := .root -}}
{{- $chain := .chain -}}
{{- $init := dict
  "chainId" $chain.name
  "app" $chain.app
  "home" $chain.home
  "denom" $chain.denom
  "prefix" $chain.prefix
  "blockTime" $chain.blockTime
  "mnemonic" (dict "file" (printf "/etc/mnemonics/%s.mnemonic" $chain.name) "wait" $chain.mnemonicWait)
  "peerHost" (include "chainpod.host" (dict "root" $root "name" $chain.name))
-}}
{{- if include "chainpod.relayerWords" $root -}}
  {{- $_ := set $init "accounts" (include "chainpod.accounts" $chain | fromYamlArray) -}}
{{- else if $chain.lanes -}}
  {{- $_ := set $init "lanes" (int $chain.lanes) -}}
{{- end -}}
{{- $args := dict
  "home" $chain.home
  "minimum-gas-prices" (printf "0%s" $chain.denom)
  "log_level" $chain.logLevel
  "log_format" "json"
-}}
{{- $grace := sub (int $chain.terminationGracePeriodSeconds) (add $chain.preStopSleepSeconds 5) -}}
{{- $config := dict
  "init" (mergeOverwrite $init $chain.init)
  "nodeTemplate" (dict "command" (list (printf "%sd" $chain.app) "start") "args" (mergeOverwrite $args $chain.args))
  "nodeStderr" "stderr"
  "supervise" (mergeOverwrite (dict "grace" (include "chainpod.seconds" $grace)) (deepCopy $chain.supervise))
  "probe" $chain.probe
  "metrics" (dict "listen" "0.0.0.0:26680")
-}}
{{- if $root.Values.hotReload.enabled -}}
  {{- $_ := set $config.supervise "watchBinary" true -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config $chain.config) -}}
{{- end -}}

{{/* The accounts of a chain whose relayer has words of its own, its lanes among them. */}}
{{- define "chainpod.accounts" -}}
{{- $chain := . -}}
{{- $words := printf "/etc/mnemonics/%s.relayer.mnemonic" $chain.name -}}
- {name: validator, hdPath: "m/44'/118'/0'/0/0", balance: 1000000000000{{ $chain.denom }}, gentx: 1000000000{{ $chain.denom }}}
- {name: relayer, hdPath: "m/44'/118'/0'/0/0", balance: 100000000000{{ $chain.denom }}, mnemonic: {file: {{ $words }}, wait: {{ $chain.mnemonicWait }}}}
- {name: creator, hdPath: "m/44'/118'/0'/0/2", balance: 100000000000{{ $chain.denom }}}
{{- range $lane := until (int $chain.lanes) }}
- {name: lane-{{ $lane }}, hdPath: "m/44'/118'/0'/0/{{ add $lane 3 }}", balance: 1000000000{{ $chain.denom }}, mnemonic: {file: {{ $words }}, wait: {{ $chain.mnemonicWait }}}}
{{- end }}
{{- end -}}

{{/* The configuration of the relayer-agent, as YAML. */}}
{{- define "chainpod.config.relayer" -}}
{{- $root := . -}}
{{- $host := include "chainpod.host" (dict "root" $root "name" "{chain}") -}}
{{- $own := include "chainpod.relayerWords" $root -}}
{{- $chains := list -}}
{{- $binary := "" -}}
{{- range include "chainpod.chains" $root | fromJsonArray -}}
  {{- $chain := dict
    "name" .name
    "role" .role
    "denom" .denom
    "prefix" .prefix
    "gasPrices" (printf "%s%s" $root.Values.relayer.gasPrice .denom)
  -}}
  {{- $chains = append $chains $chain -}}
  {{- if eq .role "hub" -}}{{- $binary = printf "%sd" .app -}}{{- end -}}
{{- end -}}
{{- $defaults := dict
  "rpc" (printf "http://%s:26657" $host)
  "api" ($root.Values.relayer.api | default (printf "http://%s:1317" $host))
  "mnemonic" (printf "/etc/relayer/mnemonics/{chain}.%smnemonic" (ternary "relayer." "" (eq $own "true")))
  "mnemonicWait" $root.Values.chain.mnemonicWait
  "gasAdjustment" $root.Values.relayer.gasAdjustment
-}}
{{- if $own -}}{{- $_ := set $defaults "hdPath" "m/44'/118'/0'/0/0" -}}{{- end -}}
{{- $grace := sub (int $root.Values.relayer.terminationGracePeriodSeconds) 5 -}}
{{- $config := dict
  "home" "/home/relayer/.relayer"
  "health" "0.0.0.0:26681"
  "defaults" $defaults
  "chains" $chains
  "register" (dict "enabled" $root.Values.relayer.register "binary" $binary "clientHome" "/home/relayer/.gwc-client")
  "relayer" (dict
    "metrics" (printf "%s:5184" (ternary "0.0.0.0" "127.0.0.1" $root.Values.relayer.metrics))
    "supervise" (dict "grace" (include "chainpod.seconds" $grace)))
  "limits" (dict "jobs" $root.Values.relayer.jobs)
-}}
{{- toYaml (mergeOverwrite $config (deepCopy $root.Values.relayer.config)) -}}
{{- end -}}
