package workload

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Canonical returns the workload as JSON that Parse reads: workloads of the
// same meaning have the same bytes. Defaults, comments, order and the
// deprecated forms are gone.
func (w *Workload) Canonical() []byte {
	out := map[string]any{"apiVersion": APIVersion, "metadata": w.Metadata, "containers": mapOf(w.Containers, canonicalContainer)}
	put(out, "resources", mapOf(w.Resources, canonicalResource))
	if ports := mapOf(w.Service.Ports, canonicalPort); len(ports) > 0 {
		out["service"] = map[string]any{"ports": ports}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(out) // only plain values, which always encode
	return escapeControls(bytes.TrimSpace(b.Bytes()))
}

func mapOf[V any](in map[string]V, fn func(V) any) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		out[k] = fn(v)
	}
	return out
}

// put sets the key unless the value is empty.
func put(out map[string]any, key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case map[string]any:
		if len(v) == 0 {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case bool:
		if !v {
			return
		}
	case nil:
		return
	}
	out[key] = value
}

func canonicalPort(p Port) any {
	out := map[string]any{"port": p.Port}
	if p.TargetPort != p.Port {
		out["targetPort"] = p.TargetPort
	}
	if p.Protocol != TCP {
		out["protocol"] = p.Protocol
	}
	return out
}

func canonicalContainer(c Container) any {
	out := map[string]any{"image": c.Image}
	put(out, "command", c.Command)
	put(out, "args", c.Args)
	put(out, "variables", mapOf(c.Variables, func(t Template) any { return t.Raw }))
	put(out, "files", mapOf(c.Files, canonicalFile))
	put(out, "volumes", mapOf(c.Volumes, canonicalVolume))
	put(out, "before", mapOf(c.Before, func(c Condition) any { return map[string]any{"ready": string(c)} }))
	compute := map[string]any{}
	put(compute, "limits", canonicalQuantities(c.Resources.Limits))
	put(compute, "requests", canonicalQuantities(c.Resources.Requests))
	put(out, "resources", compute)
	put(out, "livenessProbe", canonicalProbe(c.LivenessProbe))
	put(out, "readinessProbe", canonicalProbe(c.ReadinessProbe))
	return out
}

func canonicalFile(f File) any {
	out := map[string]any{}
	put(out, "mode", f.Mode)
	put(out, "noExpand", f.NoExpand)
	switch {
	case f.Source != "":
		out["source"] = f.Source
	case f.Binary != nil:
		out["binaryContent"] = base64.StdEncoding.EncodeToString(f.Binary)
	default:
		out["content"] = f.Content.Raw
	}
	return out
}

func canonicalVolume(v Volume) any {
	out := map[string]any{"source": v.Source.Raw}
	put(out, "path", v.Path)
	put(out, "readOnly", v.ReadOnly)
	return out
}

func canonicalQuantities(q Quantities) map[string]any {
	out := map[string]any{}
	put(out, "cpu", q.CPU)
	put(out, "memory", q.Memory)
	return out
}

func canonicalProbe(p *Probe) map[string]any {
	out := map[string]any{}
	if p == nil {
		return out
	}
	if len(p.Exec) > 0 {
		out["exec"] = map[string]any{"command": p.Exec}
	}
	if p.HTTP == nil {
		return out
	}
	get := map[string]any{"port": p.HTTP.Port, "path": p.HTTP.Path}
	put(get, "host", p.HTTP.Host)
	if p.HTTP.Scheme != HTTP {
		get["scheme"] = p.HTTP.Scheme
	}
	if len(p.HTTP.Headers) > 0 {
		get["httpHeaders"] = p.HTTP.Headers
	}
	out["httpGet"] = get
	return out
}

func canonicalResource(r Resource) any {
	out := map[string]any{"type": r.Type}
	if r.Class != DefaultClass {
		out["class"] = r.Class
	}
	put(out, "id", r.ID)
	put(out, "metadata", r.Metadata)
	put(out, "params", r.raw)
	return out
}

// escapeControls escapes the characters that JSON allows in a string and YAML
// does not.
func escapeControls(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); {
		r, size := utf8.DecodeRune(in[i:])
		if (r >= 0x7f && r <= 0x9f) || r == 0xfeff || r == 0xfffe || r == 0xffff {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, in[i:i+size]...)
		}
		i += size
	}
	return out
}
