package workload

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) containers(v yamldoc.Value) {
	var before []yamldoc.Value
	empty := true
	v.EachKey(func(key, value yamldoc.Value) {
		empty = false
		name := label(key, "a container's name")
		c := r.container(value)
		c.Name = name
		r.w.Containers[name] = c
		if !value.IsObject() {
			return
		}
		if b, ok := value.Open().Get("before"); ok && b.IsObject() {
			before = append(before, b)
		}
	})
	if empty && v.IsObject() {
		v.Problem("add a container with its image", "a workload needs at least one container")
	}
	r.checkBefore(before)
}

func (r *reader) container(v yamldoc.Value) Container {
	o := v.Object("image", "command", "args", "variables", "files", "volumes", "before", "resources", "livenessProbe", "readinessProbe")
	c := Container{At: r.at(v.At())}
	if !o.OK() {
		return c
	}
	c.Image = required(o, "image", "add the image, or image: . to build the folder of this file")
	if command, ok := o.Get("command"); ok {
		c.Command = command.Strings()
	}
	if args, ok := o.Get("args"); ok {
		c.Args = args.Strings()
	}
	c.Variables = r.variables(o)
	c.Files = r.files(o)
	c.Volumes = r.volumes(o)
	c.Before = before(o)
	c.Resources = compute(o)
	c.LivenessProbe = probe(o, "livenessProbe")
	c.ReadinessProbe = probe(o, "readinessProbe")
	return c
}

// required returns a text that must be there and not be empty.
func required(o yamldoc.Object, key, fix string) string {
	v, ok := o.Require(key, fix)
	if !ok {
		return ""
	}
	s, ok := v.String()
	if ok && s == "" {
		v.Problem(fix, "%s must not be empty", key)
	}
	return s
}

func (r *reader) variables(o yamldoc.Object) map[string]Template {
	out := map[string]Template{}
	v, ok := o.Get("variables")
	if !ok {
		return out
	}
	v.EachKey(func(key, value yamldoc.Value) {
		if name := key.Text(); name == "" || strings.ContainsAny(name, "=\x00") {
			key.Problem("use a name without =", "%q cannot be the name of a variable", name)
		}
		if s, ok := value.String(); ok {
			out[key.Text()] = r.template(value, s, "")
		}
	})
	return out
}

func before(o yamldoc.Object) map[string]Condition {
	out := map[string]Condition{}
	v, ok := o.Get("before")
	if !ok {
		return out
	}
	v.Each(func(name string, value yamldoc.Value) {
		entry := value.Object("ready")
		if ready, ok := entry.Require("ready", "add ready: started, healthy or complete"); ok {
			out[name] = Condition(oneOf(ready, string(Started), string(Healthy), string(Complete)))
		}
	})
	return out
}

func compute(o yamldoc.Object) Compute {
	v, ok := o.Get("resources")
	if !ok {
		return Compute{}
	}
	resources := v.Object("limits", "requests")
	return Compute{Limits: quantities(resources, "limits"), Requests: quantities(resources, "requests")}
}

func quantities(o yamldoc.Object, key string) (q Quantities) {
	v, ok := o.Get(key)
	if !ok {
		return q
	}
	amounts := v.Object("cpu", "memory")
	if c, ok := amounts.Get("cpu"); ok {
		q.CPU = cpu(c)
	}
	if m, ok := amounts.Get("memory"); ok {
		q.Memory = memory(m)
	}
	return q
}

// checkBefore refuses names that are no containers, and containers that wait
// for each other.
func (r *reader) checkBefore(values []yamldoc.Value) {
	names := r.w.ContainerNames()
	for _, v := range values {
		v.EachKey(func(key, _ yamldoc.Value) {
			if _, ok := r.w.Containers[key.Text()]; !ok {
				key.Problem(suggest(key.Text(), names, "the containers are "), "there is no container %q", key.Text())
			}
		})
	}
	if cycle := r.beforeCycle(names); cycle != nil {
		for _, v := range values {
			if v.Path() == "containers."+cycle[0]+".before" {
				v.Problem("remove one of these", "the containers wait for each other: %s", strings.Join(cycle, " → "))
			}
		}
	}
}

func (r *reader) beforeCycle(names []string) []string {
	return findCycle(names, func(name string) []string { return sortedKeys(r.w.Containers[name].Before) })
}

// suggest returns a fix for a word that is none of the candidates.
func suggest(word string, candidates []string, list string) string {
	if near := yamldoc.Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(candidates) == 0 {
		return list + "none"
	}
	return list + strings.Join(candidates, ", ")
}
