{{/* The chart's name, for labels. */}}
{{- define "chainpod.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What the names of all objects begin with: the release's name, as the addresses of the contract have it. */}}
{{- define "chainpod.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels of all objects. */}}
{{- define "chainpod.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: chainpod
{{ include "chainpod.selector" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that select the pods of this release. */}}
{{- define "chainpod.selector" -}}
app.kubernetes.io/name: {{ include "chainpod.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels that select the pod of one chain: dict root, chain. */}}
{{- define "chainpod.chain.selector" -}}
{{ include "chainpod.selector" .root }}
app.kubernetes.io/component: chain
chainpod/chain: {{ .chain.name }}
{{- end -}}

{{/* Labels that select the relayer's pod. */}}
{{- define "chainpod.relayer.selector" -}}
{{ include "chainpod.selector" . }}
app.kubernetes.io/component: relayer
{{- end -}}

{{/* Annotations of an object: dict root, and own (a map). Nothing if there are none. */}}
{{- define "chainpod.annotations" -}}
{{- with merge (dict) (.own | default dict) .root.Values.commonAnnotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* A reference to an image: dict root, image. */}}
{{- define "chainpod.image" -}}
{{- $registry := .image.registry | default .root.Values.imageRegistry -}}
{{- $repository := .image.repository -}}
{{- if $registry -}}{{- $repository = printf "%s/%s" (trimSuffix "/" $registry) $repository -}}{{- end -}}
{{- if .image.digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The name of the ServiceAccount of chains and relayer. */}}
{{- define "chainpod.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "chainpod.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* The name of the Secret with the words. */}}
{{- define "chainpod.mnemonics" -}}
{{ .Values.mnemonics.existingSecret | default (printf "%s-mnemonics" (include "chainpod.fullname" .)) }}
{{- end -}}

{{/* The address of a chain's pod, ready or not; `{chain}` may stand for the chain. dict root, name. */}}
{{- define "chainpod.host" -}}
{{ include "chainpod.fullname" .root }}-{{ .name }}-headless.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end -}}

{{/* Whether the relayer has words of its own. */}}
{{- define "chainpod.relayerWords" -}}
{{- if has "relayer" .Values.mnemonics.roles }}true{{ end -}}
{{- end -}}

{{/*
All chains as JSON, each with its settings whole: `chain`, over it the type's, over it the chain's own.
Those of `chains` come first, then the datastores that are not among them.
*/}}
{{- define "chainpod.chains" -}}
{{- $root := . -}}
{{- $entries := list -}}
{{- $names := list -}}
{{- range .Values.chains -}}
  {{- if has .name $names -}}{{- fail (printf "chains: `%s` is there twice" .name) -}}{{- end -}}
  {{- $entries = append $entries . -}}
  {{- $names = append $names .name -}}
{{- end -}}
{{- range $index := until (int .Values.datastores) -}}
  {{- $name := printf "fdsc-%d" $index -}}
  {{- if not (has $name $names) -}}
    {{- $entries = append $entries (dict "name" $name "type" "fdsc") -}}
  {{- end -}}
{{- end -}}
{{- $chains := list -}}
{{- $hubs := 0 -}}
{{- range $index, $entry := $entries -}}
  {{- $type := index $root.Values.chainTypes $entry.type -}}
  {{- if not $type -}}
    {{- fail (printf "chains: `%s` has the type `%s`, which is not one of chainTypes: %s" $entry.name $entry.type (keys $root.Values.chainTypes | sortAlpha | join ", ")) -}}
  {{- end -}}
  {{- $chain := mergeOverwrite (deepCopy $root.Values.chain) (deepCopy $type) (deepCopy $entry) -}}
  {{- $_ := set $chain "app" ($chain.app | default $entry.type) -}}
  {{- $_ := set $chain "home" (printf "/home/%s/.%s" $chain.app $chain.app) -}}
  {{- $_ := set $chain "index" $index -}}
  {{- if eq $chain.role "hub" -}}
    {{- $hubs = add1 $hubs -}}
    {{- if $chain.lanes -}}{{- $_ := set $chain "lanes" (max (int $chain.lanes) (sub (len $entries) 1)) -}}{{- end -}}
  {{- end -}}
  {{- $chains = append $chains $chain -}}
{{- end -}}
{{- if and .Values.relayer.enabled (ne (int $hubs) 1) -}}
  {{- fail (printf "chains: there must be one chain whose type has the role `hub`, not %d; set relayer.enabled=false for chains that are not linked" (int $hubs)) -}}
{{- end -}}
{{- toJson $chains -}}
{{- end -}}

{{/* Times of a probe and its path: dict times, path. */}}
{{- define "chainpod.probe" -}}
httpGet:
  path: {{ .path }}
  port: health
{{ toYaml .times }}
{{- end -}}

{{/* What all pods have in common. */}}
{{- define "chainpod.pod" -}}
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What all containers have in common. */}}
{{- define "chainpod.container" -}}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* Where pods may be: those keys of a map that say so. Nothing if there are none. */}}
{{- define "chainpod.placement" -}}
{{- $found := dict -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" -}}
  {{- with index $ $key -}}{{- $_ := set $found $key . -}}{{- end -}}
{{- end -}}
{{- with $found -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* The claim of a volume: what `storage` and `relayer.persistence` have in common. */}}
{{- define "chainpod.claim" -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
{{- if eq .storageClass "-" }}
storageClassName: ""
{{- else if .storageClass }}
storageClassName: {{ .storageClass }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end -}}

{{/* The environment of both agents. */}}
{{- define "chainpod.env" -}}
- name: AGENT_LOG_FORMAT
  value: {{ .Values.agent.log.format }}
- name: AGENT_LOG_LEVEL
  value: {{ .Values.agent.log.level }}
{{- end -}}
