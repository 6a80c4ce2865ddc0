package render

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// secretMark begins a reference that the local target replaces by a secret.
const secretMark = "${secret:"

// containers declares each container as a runtime does.
func (b *builder) containers(declare func(workload.Container) map[string]any) map[string]any {
	containers := make(map[string]any, len(b.in.Workload.Containers))
	for _, name := range b.in.Workload.ContainerNames() {
		containers[escape(name)] = declare(b.in.Workload.Containers[name])
	}
	return containers
}

func (b *builder) container(c workload.Container) map[string]any {
	out := map[string]any{
		"artifact":  b.artifact(c),
		"variables": b.variables(c),
		"files":     b.files(c),
		"volumes":   b.volumes(c),
	}
	if len(c.Command) > 0 {
		out["command"] = escapeList(c.Command)
	}
	if len(c.Args) > 0 {
		out["args"] = escapeList(c.Args)
	}
	if c.Resources.Limits.CPU != "" {
		out["cpu_limit"] = escape(c.Resources.Limits.CPU)
	}
	if c.Resources.Limits.Memory != "" {
		out["memory_limit"] = escape(c.Resources.Limits.Memory)
	}
	if c.LivenessProbe != nil {
		out["liveness"] = probe(*c.LivenessProbe)
	}
	if c.ReadinessProbe != nil {
		out["readiness"] = probe(*c.ReadinessProbe)
	}
	if len(c.Before) > 0 {
		before := make(map[string]any, len(c.Before))
		for other, condition := range c.Before {
			before[escape(other)] = string(condition)
		}
		out["before"] = before
	}
	return out
}

func (b *builder) artifact(c workload.Container) string {
	artifact := b.in.Artifacts[c.Name]
	if artifact.Digest == "" {
		b.problem(c.At, "containers."+c.Name+".image",
			fmt.Sprintf("container %s has the image %q, which a stage with the runtime process cannot run", c.Name, c.Image),
			"write image: . to have this folder built and run as a process, or deploy to a stage with the runtime kubernetes")
	}
	return string(artifact.Digest)
}

func (b *builder) variables(c workload.Container) map[string]any {
	variables := make(map[string]any, len(c.Variables))
	for _, name := range sortedKeys(c.Variables) {
		t := c.Variables[name]
		if hasSecretMark(t) {
			b.problem(t.At, "containers."+c.Name+".variables."+name, "the text "+secretMark+"…} cannot stand in a variable as text",
				"write ${secret:NAME} for the value of a secret")
		}
		variables[escape(name)] = b.template(t, "")
	}
	return variables
}

func hasSecretMark(t workload.Template) bool {
	for _, part := range t.Parts {
		if strings.Contains(part.Literal, secretMark) {
			return true
		}
	}
	return false
}

func (b *builder) files(c workload.Container) map[string]any {
	files := make(map[string]any, len(c.Files))
	for _, target := range sortedKeys(c.Files) {
		files[escape(target)] = b.file(c, c.Files[target])
	}
	return files
}

func (b *builder) file(c workload.Container, f workload.File) map[string]any {
	out := map[string]any{}
	if f.Mode != "" {
		out["mode"] = escape(f.Mode)
	}
	literal, isLiteral := f.Content.Literal()
	switch {
	case f.Source != "":
		b.problem(f.At, "containers."+c.Name+".files."+f.Target,
			fmt.Sprintf("the file's source %q was not read", f.Source), "deploy from the folder that has it")
	case f.Binary != nil:
		out["binary_content"] = base64.StdEncoding.EncodeToString(f.Binary)
	case isLiteral && !survives(literal):
		out["binary_content"] = base64.StdEncoding.EncodeToString([]byte(literal))
	case hasSecretMark(f.Content):
		b.problem(f.Content.At, "containers."+c.Name+".files."+f.Target+".content", "the text "+secretMark+"…} cannot stand beside references as text",
			"write ${secret:NAME} for the value of a secret, or set noExpand: true to keep the text as it is")
	default:
		out["content"] = b.template(f.Content, "")
	}
	return out
}

// survives reports whether a text passes terraform and the target unchanged:
// terraform normalises texts (Unicode NFC), the target replaces references to secrets.
func survives(text string) bool {
	return norm.NFC.IsNormalString(text) && !strings.Contains(text, secretMark) && !strings.Contains(text, "\x00")
}

func (b *builder) volumes(c workload.Container) map[string]any {
	volumes := make(map[string]any, len(c.Volumes))
	for _, target := range sortedKeys(c.Volumes) {
		v := c.Volumes[target]
		suffix := ""
		if v.Path != "" {
			suffix = "/" + strings.TrimPrefix(v.Path, "/")
		}
		volumes[escape(target)] = map[string]any{"source": b.template(v.Source, suffix), "read_only": v.ReadOnly}
	}
	return volumes
}

func probe(p workload.Probe) map[string]any {
	out := map[string]any{}
	if len(p.Exec) > 0 {
		out["exec"] = escapeList(p.Exec)
	}
	if p.HTTP == nil {
		return out
	}
	http := map[string]any{"path": escape(p.HTTP.Path), "port": p.HTTP.Port, "scheme": escape(p.HTTP.Scheme)}
	if p.HTTP.Host != "" {
		http["host"] = escape(p.HTTP.Host)
	}
	if len(p.HTTP.Headers) > 0 {
		headers := map[string]string{}
		for _, h := range p.HTTP.Headers {
			if earlier, ok := headers[h.Name]; ok { // one field with both values, RFC 9110 §5.3
				h.Value = earlier + ", " + h.Value
			}
			headers[h.Name] = h.Value
		}
		http["headers"] = escapeMap(headers)
	}
	out["http"] = http
	return out
}
