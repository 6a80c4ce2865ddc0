package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The annotations that the runtime process knows.
const (
	// FixedPorts lists the ports whose process cannot be told a port and
	// listens on its target port: names joined by commas, or * for all.
	FixedPorts = "terrace.dev/fixed-ports"
	// StartTimeout is how long a start may take, such as 2m.
	StartTimeout = "terrace.dev/start-timeout"
)

var durationPattern = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// process runs each container as a process on this machine. What a container
// requests of CPU and memory is for schedulers; here only its limits count.
func process(in Input, s scope) (map[string]any, []kernel.Problem, error) {
	b := builder{in: in, scope: s}
	arguments := map[string]any{"containers": b.containers(b.container), "ports": b.ports()}
	if values := b.concealed(); values != "" && slices.Contains(in.Service.Inputs, concealedInput) {
		arguments[concealedInput] = values
	}
	if timeout := in.Workload.Annotations[StartTimeout]; timeout != "" {
		if !durationPattern.MatchString(timeout) {
			b.annotationProblem(StartTimeout, fmt.Sprintf("%q is not a duration", timeout), "write it as 30s or 2m")
		}
		arguments["start_timeout"] = escape(timeout)
	}
	return arguments, b.problems, b.err
}

// builder collects what is wrong with a workload, all of it.
type builder struct {
	in       Input
	scope    scope
	problems []kernel.Problem
	err      error
}

func (b *builder) problem(at workload.Position, path, message, fix string) {
	b.problems = append(b.problems, kernel.Problem{
		File: at.File, Line: at.Line, Column: at.Column, Path: path, Message: message, Fix: fix,
	})
}

func (b *builder) annotationProblem(annotation, message, fix string) {
	b.problem(workload.Position{}, "metadata.annotations."+annotation, message, fix)
}

func (b *builder) template(t workload.Template, suffix string) string {
	text, err := b.scope.template(t, suffix)
	if err != nil && b.err == nil {
		b.err = err
	}
	return text
}

func (b *builder) ports() map[string]any {
	fixed := b.fixedPorts()
	ports := make(map[string]any, len(b.in.Workload.Service.Ports))
	for name, port := range b.in.Workload.Service.Ports {
		ports[escape(name)] = map[string]any{
			"port": port.Port, "target_port": port.TargetPort, "protocol": port.Protocol, "fixed": fixed[name] || fixed["*"],
		}
	}
	return ports
}

func (b *builder) fixedPorts() map[string]bool {
	fixed := map[string]bool{}
	text := strings.TrimSpace(b.in.Workload.Annotations[FixedPorts])
	if text == "" {
		return fixed
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if _, ok := b.in.Workload.Service.Ports[name]; !ok && name != "*" {
			b.annotationProblem(FixedPorts, fmt.Sprintf("the service has no port %q", name),
				"name one of "+strings.Join(b.in.Workload.PortNames(), ", ")+", or * for all")
		}
		fixed[name] = true
	}
	return fixed
}
