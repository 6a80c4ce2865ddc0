package workload

import "github.com/terrace-idp/terrace/internal/platform/yamldoc"

// The schemes of an HTTP probe.
const (
	HTTP  = "HTTP"
	HTTPS = "HTTPS"
)

func probe(o yamldoc.Object, key string) *Probe {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	kinds := v.Object("httpGet", "exec")
	p := &Probe{}
	if get, ok := kinds.Get("httpGet"); ok {
		p.HTTP = httpProbe(get)
	}
	if exec, ok := kinds.Get("exec"); ok {
		p.Exec = execProbe(exec)
	}
	if p.HTTP == nil && p.Exec == nil {
		return nil
	}
	return p
}

func execProbe(v yamldoc.Value) []string {
	o := v.Object("command")
	command, ok := o.Require("command", "add the command as a list")
	if !ok {
		return nil
	}
	words := command.Strings()
	if command.IsList() && len(words) == 0 {
		command.Problem("write the command as a list of words", "the command is empty")
	}
	return words
}

func httpProbe(v yamldoc.Value) *HTTPProbe {
	o := v.Object("host", "scheme", "path", "port", "httpHeaders")
	p := &HTTPProbe{Scheme: HTTP}
	if port, ok := o.Require("port", "add the port that answers, such as port: 8080"); ok {
		p.Port = portNumber(port)
	}
	if path, ok := o.Require("path", "add the path to ask, such as path: /healthz"); ok {
		p.Path, _ = path.String()
	}
	if scheme, ok := o.Get("scheme"); ok {
		p.Scheme = oneOf(scheme, HTTP, HTTPS)
	}
	if _, ok := o.Get("host"); ok {
		p.Host = required(o, "host", "remove it, or write the host's name")
	}
	if headers, ok := o.Get("httpHeaders"); ok {
		headers.Items(func(_ int, item yamldoc.Value) { p.Headers = append(p.Headers, header(item)) })
	}
	return p
}

func header(v yamldoc.Value) Header {
	o := v.Object("name", "value")
	h := Header{
		Name:  required(o, "name", "add the header's name"),
		Value: required(o, "value", "add the header's value"),
	}
	if h.Name != "" && !headerName.MatchString(h.Name) {
		at, _ := o.Get("name")
		at.Problem("use letters, digits, dashes and underscores", "%q cannot be a header's name", h.Name)
	}
	return h
}
