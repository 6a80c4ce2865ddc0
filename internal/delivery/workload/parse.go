package workload

import (
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Parse reads a Score file, or the canonical form of one; file is how problems
// name it. The error is a *kernel.Error of kind Invalid with every problem and
// its place, or of kind TooLarge.
func Parse(file string, src []byte) (*Workload, error) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, doc: doc, w: &Workload{
		Annotations: map[string]string{}, Containers: map[string]Container{}, Resources: map[string]Resource{},
		Metadata: map[string]any{}, Outputs: map[string]Output{}, Service: Service{Ports: map[string]Port{}},
	}}
	r.workload(doc.Root())
	if err := doc.Err(file + " breaks the Score specification"); err != nil {
		return nil, err
	}
	if n := len(r.w.Canonical()); n > yamldoc.MaxBytes {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes in its canonical form, more than the %d allowed", file, n, yamldoc.MaxBytes).
			WithFix("move large content out of the file")
	}
	return r.w, nil
}

type reader struct {
	file string
	doc  *yamldoc.Document
	w    *Workload
	// resources are the names that placeholders may refer to.
	resources []string
}

func (r *reader) at(p yamldoc.Position) Position { return Position{r.file, p.Line, p.Column} }

func (r *reader) workload(v yamldoc.Value) {
	o := v.Object("apiVersion", "metadata", "service", "containers", "resources")
	if !o.OK() {
		return
	}
	r.apiVersion(o)
	m, hasMetadata := o.Require("metadata", "add metadata with the workload's name")
	if hasMetadata {
		r.metadata(m)
	}
	if s, ok := o.Get("service"); ok {
		r.service(s)
	}
	resources, hasResources := o.Get("resources")
	if hasResources && resources.IsObject() {
		resources.Each(func(name string, _ yamldoc.Value) { r.resources = append(r.resources, name) })
	}
	if hasMetadata {
		r.outputs(m)
	}
	if c, ok := o.Require("containers", "add at least one container with its image"); ok {
		r.containers(c)
	}
	if hasResources {
		resources.EachKey(r.resource)
	}
}

func (r *reader) apiVersion(o yamldoc.Object) {
	v, ok := o.Require("apiVersion", "add apiVersion: "+APIVersion)
	if !ok {
		return
	}
	if s, ok := v.String(); ok && s != APIVersion {
		v.Problem("write apiVersion: "+APIVersion, "the version %q is not supported", s)
	}
}

func (r *reader) metadata(v yamldoc.Value) {
	o := v.Open()
	if !o.OK() {
		return
	}
	r.w.Metadata, _ = v.Any(nil).(map[string]any)
	if name, ok := o.Require("name", "add metadata.name, such as name: orders"); ok {
		r.w.Name = label(name, "a workload's name")
	}
	if a, ok := o.Get("annotations"); ok {
		r.w.Annotations = annotations(a)
	}
}

func annotations(v yamldoc.Value) map[string]string {
	out := map[string]string{}
	v.EachKey(func(key, value yamldoc.Value) {
		if !annotationName.MatchString(key.Text()) {
			key.Problem("use letters, digits, dots, dashes and underscores, after an optional host name and a slash: example.com/team",
				"%q is not the name of an annotation", key.Text())
		}
		if s, ok := value.String(); ok {
			out[key.Text()] = s
		}
	})
	return out
}

func (r *reader) service(v yamldoc.Value) {
	o := v.Object("ports")
	ports, ok := o.Get("ports")
	if !ok {
		return
	}
	ports.EachKey(func(key, value yamldoc.Value) {
		name := label(key, "a port's name")
		r.w.Service.Ports[name] = r.port(value)
	})
}

func (r *reader) port(v yamldoc.Value) Port {
	o := v.Object("port", "protocol", "targetPort")
	p := Port{Protocol: TCP, At: r.at(v.At())}
	if number, ok := o.Require("port", "add the port's number, such as port: 8080"); ok {
		p.Port = portNumber(number)
		p.TargetPort = p.Port
	}
	if target, ok := o.Get("targetPort"); ok {
		p.TargetPort = portNumber(target)
	}
	if protocol, ok := o.Get("protocol"); ok {
		p.Protocol = oneOf(protocol, TCP, UDP)
	}
	return p
}

func portNumber(v yamldoc.Value) int {
	n, _ := v.Int(1, 65535)
	return int(n)
}

// oneOf returns a text that must be one of the words.
func oneOf(v yamldoc.Value, words ...string) string {
	s, ok := v.String()
	if !ok {
		return ""
	}
	for _, w := range words {
		if s == w {
			return s
		}
	}
	fix := fmt.Sprintf("write one of %v", words)
	if near := yamldoc.Nearest(s, words); near != "" {
		fix = fmt.Sprintf("did you mean %s?", near)
	}
	v.Problem(fix, "%q is not one of %v", s, words)
	return s
}
