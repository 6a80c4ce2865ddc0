package sidecar

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Document says who may call a workload, and whom it calls.
type Document struct {
	// Authorization are what is allowed; what none of them allows is refused.
	Authorization []Allow   `json:"authorization,omitempty"`
	Services      []Service `json:"services,omitempty"`
}

// Allow lets callers ask for something.
type Allow struct {
	// From are SPIFFE IDs, or what they begin with, followed by /*.
	From []string `json:"from"`
	// Methods are any where there is none.
	Methods []string `json:"methods,omitempty"`
	// Paths are exact, or end with /* for all below; any where there is none.
	Paths []string `json:"paths,omitempty"`
}

// Service is what the process asks for as http://NAME.
type Service struct {
	Name string `json:"name"`
	// Protocol is ProtocolHTTP, or ProtocolGRPC for HTTP/2.
	Protocol string `json:"protocol"`
	// Timeout bounds all attempts up to the head of the answer, AttemptTimeout each; 0 is the
	// bound of the gateway's core.
	Timeout        time.Duration `json:"timeout,omitempty"`
	AttemptTimeout time.Duration `json:"attemptTimeout,omitempty"`
	// Retry is nil for what is done by default: what nobody has seen is asked again, and once
	// what broke and may be sent twice.
	Retry    *route.Retry `json:"retry,omitempty"`
	Versions []Version    `json:"versions"`
	// Rules part the requests where the control plane says so: what none takes has no backend,
	// and Timeout, Retry and the weights of Versions say nothing then. A file has none.
	Rules []Rule `json:"rules,omitempty"`
}

// Version is one of a service's, with its share of the requests.
type Version struct {
	Name string `json:"name"`
	// Identity is the SPIFFE ID that its instances must prove.
	Identity string `json:"identity"`
	// Clear has instances be spoken to in the clear: they prove nothing. A file never says it.
	Clear  bool `json:"clear,omitempty"`
	Weight int  `json:"weight"`
	// Instances are host:port of their sidecars, or of what proves its identity by itself.
	Instances []string `json:"instances,omitempty"`
	// Next are those of a release that takes over from the one of Instances, and get Share
	// percent of the version's requests. A file never says it, and the control plane to who
	// says Parts alone.
	Next  []string `json:"next,omitempty"`
	Share int      `json:"share,omitempty"`
}

// How a service speaks.
const (
	ProtocolHTTP = "http"
	ProtocolGRPC = "grpc"
)

const (
	maxWeight   = 1_000_000
	maxAttempts = 10
)

// host is a name that a process may ask for, in lower case.
var host = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// Read reads a document of YAML or JSON. Its error has each problem with its line and column.
func Read(file string, src []byte) (Document, error) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return Document{}, err //nolint:wrapcheck // says the place
	}
	var d Document
	root := doc.Root().Object("authorization", "services")
	if v, ok := root.Get("authorization"); ok {
		v.Items(func(_ int, item yamldoc.Value) { d.Authorization = append(d.Authorization, readAllow(item)) })
	}
	if v, ok := root.Get("services"); ok {
		seen := map[string]bool{}
		v.Items(func(_ int, item yamldoc.Value) {
			s := readService(item)
			if seen[s.Name] {
				item.Problem("leave one of them out", "there is another service %q", s.Name)
			}
			seen[s.Name] = true
			d.Services = append(d.Services, s)
		})
	}
	return d, doc.Err(file + " is not valid") //nolint:wrapcheck // says the place
}

func readAllow(v yamldoc.Value) (a Allow) {
	o := v.Object("from", "methods", "paths")
	if from, ok := o.Require("from", "name the SPIFFE IDs of who may call"); ok {
		texts(from, func(item yamldoc.Value, text string) {
			if err := checkFrom(text); err != nil {
				item.Problem("write it as spiffe://DOMAIN/PATH, or spiffe://DOMAIN/* for what lies below", "%s", err)
			}
			a.From = append(a.From, text)
		})
		if len(a.From) == 0 {
			from.Problem("name the SPIFFE IDs of who may call", "it names nobody")
		}
	}
	if methods, ok := o.Get("methods"); ok {
		texts(methods, func(item yamldoc.Value, text string) {
			if !route.Token(text) || text != strings.ToUpper(text) {
				item.Problem("write it in capitals, such as GET", "%q is no method", text)
			}
			a.Methods = append(a.Methods, text)
		})
	}
	if paths, ok := o.Get("paths"); ok {
		texts(paths, func(item yamldoc.Value, text string) {
			if !strings.HasPrefix(text, "/") || strings.Contains(strings.TrimSuffix(text, "/*"), "*") {
				item.Problem("write it as /path, or /path/* for all below", "%q is no path", text)
			}
			a.Paths = append(a.Paths, text)
		})
	}
	return a
}

// texts calls fn for each text of a list.
func texts(v yamldoc.Value, fn func(item yamldoc.Value, text string)) {
	v.Items(func(_ int, item yamldoc.Value) {
		if text, ok := item.String(); ok {
			fn(item, text)
		}
	})
}

func checkFrom(text string) error {
	id, err := spiffeid.FromString(strings.TrimSuffix(text, "/*"))
	if err != nil {
		return fmt.Errorf("%q is no SPIFFE ID", text)
	}
	if !strings.HasSuffix(text, "/*") && id.Path() == "" {
		return fmt.Errorf("%q is a trust domain, and no workload", text)
	}
	return nil
}

func readService(v yamldoc.Value) (s Service) {
	o := v.Object("name", "protocol", "timeout", "attemptTimeout", "retry", "versions")
	s.Protocol = ProtocolHTTP
	if name, ok := o.Require("name", "give the name that the process asks for"); ok {
		if s.Name, ok = name.String(); ok && !host.MatchString(s.Name) {
			name.Problem("write it in lower-case letters, digits, hyphens and dots", "%q is no name of a host", s.Name)
		}
	}
	if p, ok := o.Get("protocol"); ok {
		if s.Protocol, ok = p.String(); ok && s.Protocol != ProtocolHTTP && s.Protocol != ProtocolGRPC {
			p.Problem("use http or grpc", "%q is no protocol", s.Protocol)
		}
	}
	s.Timeout, s.AttemptTimeout = readDuration(o, "timeout"), readDuration(o, "attemptTimeout")
	if r, ok := o.Get("retry"); ok {
		s.Retry = readRetry(r)
	}
	if versions, ok := o.Require("versions", "say who has to answer, and where"); ok {
		seen := map[string]bool{}
		versions.Items(func(_ int, item yamldoc.Value) {
			one := readVersion(item)
			if seen[one.Name] {
				item.Problem("give each a name", "there is another version %q", one.Name)
			}
			seen[one.Name] = true
			s.Versions = append(s.Versions, one)
		})
	}
	return s
}

func readDuration(o yamldoc.Object, key string) time.Duration {
	v, ok := o.Get(key)
	if !ok {
		return 0
	}
	text, ok := v.String()
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > time.Hour {
		v.Problem("write it as 500ms or 5s, up to 1h", "%q is no duration", text)
	}
	return d
}

func readRetry(v yamldoc.Value) *route.Retry {
	o := v.Object("attempts", "codes", "backoff")
	r := &route.Retry{Backoff: kernel.Duration(readDuration(o, "backoff"))}
	if a, ok := o.Require("attempts", "say how often it is asked again; 0 asks nothing again that was seen"); ok {
		n, _ := a.Int(0, maxAttempts)
		r.Attempts = int(n)
	}
	if codes, ok := o.Get("codes"); ok {
		codes.Items(func(_ int, item yamldoc.Value) {
			n, _ := item.Int(http.StatusInternalServerError, 599)
			r.Codes = append(r.Codes, int(n))
		})
	}
	return r
}

func readVersion(v yamldoc.Value) (one Version) {
	o := v.Object("name", "identity", "weight", "instances")
	one.Weight = 1
	if name, ok := o.Get("name"); ok {
		one.Name, _ = name.String()
	}
	if id, ok := o.Require("identity", "name the SPIFFE ID that has to answer"); ok {
		if one.Identity, ok = id.String(); ok {
			if parsed, err := spiffeid.FromString(one.Identity); err != nil || parsed.Path() == "" {
				id.Problem("write it as spiffe://DOMAIN/PATH", "%q is no SPIFFE ID of a workload", one.Identity)
			}
		}
	}
	if w, ok := o.Get("weight"); ok {
		n, _ := w.Int(0, maxWeight)
		one.Weight = int(n)
	}
	if all, ok := o.Get("instances"); ok {
		texts(all, func(item yamldoc.Value, text string) {
			if h, port, err := net.SplitHostPort(text); err != nil || h == "" || port == "" {
				item.Problem("write it as host:port", "%q is no address", text)
			}
			one.Instances = append(one.Instances, text)
		})
	}
	return one
}
