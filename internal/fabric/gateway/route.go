package gateway

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const maxPath = 1024

// Route sends the requests for a host and path prefix to a service's port.
type Route struct {
	// Scope is whose route it is.
	Scope kernel.Scope
	// Name identifies the route within its scope.
	Name string
	// Host is the full host name in lower case, without a port.
	Host string
	// Path is a prefix in whole segments: /api holds /api and /api/x, not /apis.
	Path string
	// Service and Port name what answers; an empty port is the service's only one.
	Service, Port string
	UpdatedAt     time.Time
}

// URL returns the address of the route on a gateway's TLS port; the port of
// https is left out.
func (r Route) URL(port int) string {
	host := r.Host
	if port != 443 && port != 0 {
		host += ":" + strconv.Itoa(port)
	}
	return "https://" + host + r.Path
}

// Normalize returns the route in the form that is kept, or says everything
// that is wrong with it.
func (r Route) Normalize() (Route, error) {
	r.Host = exchange.CanonicalHost(r.Host)
	if r.Path == "" {
		r.Path = "/"
	}
	var problems []kernel.Problem
	if !validHost(r.Host) {
		problems = append(problems, kernel.Problem{Path: "host", Message: "host " + strconv.Quote(r.Host) + " is not a host name"})
	}
	if len(r.Path) > maxPath || r.Path[0] != '/' || strings.ContainsAny(r.Path, "?#%\\ ") {
		problems = append(problems, kernel.Problem{
			Path: "path", Message: "path " + strconv.Quote(r.Path) + " is not a plain path", Fix: "use a prefix such as / or /api",
		})
	}
	if r.Name == "" || len(r.Name) > 253 {
		problems = append(problems, kernel.Problem{Path: "name", Message: "the route has no name, or a too long one"})
	}
	if r.Service == "" {
		problems = append(problems, kernel.Problem{Path: "service", Message: "the route names no service"})
	}
	if len(problems) > 0 {
		return Route{}, kernel.Errorf(kernel.Invalid, "route %s is not valid", r.Name).WithProblems(problems...)
	}
	r.Path = path.Clean(r.Path)
	return r, nil
}

func validHost(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
