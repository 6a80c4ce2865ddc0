package tail

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Filter says which requests are shown; what is empty narrows nothing.
type Filter struct {
	Tenant string `json:"tenant"`
	// Unrouted shows what no route was found for, of nobody's tenant, in place of requests.
	Unrouted bool   `json:"unrouted,omitempty"`
	Project  string `json:"project,omitempty"`
	Stage    string `json:"stage,omitempty"`
	Route    string `json:"route,omitempty"`
	Consumer string `json:"consumer,omitempty"`
	Method   string `json:"method,omitempty"`
	// Path is a path, or a pattern of one with stars, which stand for anything.
	Path string `json:"path,omitempty"`
	// Status is a status such as 404, or a class such as 5xx.
	Status string `json:"status,omitempty"`
	// SlowerThan is what a request took at least.
	SlowerThan time.Duration `json:"slowerThan,omitempty"`
}

// Check tells what is wrong with a filter.
func (f Filter) Check() error {
	var problems []kernel.Problem
	if _, _, ok := f.statuses(); !ok {
		problems = append(problems, kernel.Problem{Path: "status", Message: strconv.Quote(f.Status) + " is no status", Fix: "write it as 404, or a class as 5xx"})
	}
	if f.Unrouted && f.Project+f.Stage+f.Route+f.Consumer != "" {
		problems = append(problems, kernel.Problem{Path: "unrouted", Message: "what no route was found for is of no project, stage, route or consumer", Fix: "leave these out"})
	}
	if f.SlowerThan < 0 {
		problems = append(problems, kernel.Problem{Path: "slowerThan", Message: "a time is not below nothing", Fix: "write it as 250ms"})
	}
	if strings.Count(f.Path, "*") > maxStars {
		problems = append(problems, kernel.Problem{Path: "path", Message: "there are too many stars", Fix: "use " + strconv.Itoa(maxStars) + " at most"})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the requests to show cannot be told").WithProblems(problems...)
	}
	return nil
}

const maxStars = 8

// statuses are the first and the last that are shown.
func (f Filter) statuses() (low, high int, ok bool) {
	switch {
	case f.Status == "":
		return 0, 999, true
	case len(f.Status) == 3 && strings.EqualFold(f.Status[1:], "xx") && f.Status[0] >= '1' && f.Status[0] <= '5':
		low = 100 * int(f.Status[0]-'0')
		return low, low + 99, true
	}
	n, err := strconv.Atoi(f.Status)
	return n, n, err == nil && n >= 100 && n <= 599
}

// holds tells whether a request is shown.
func (f Filter) holds(l *accesslog.Line) bool {
	low, high, _ := f.statuses()
	return (l.Reason != "") == f.Unrouted && l.Tenant == f.tenant() && is(f.Project, l.Project) && is(f.Stage, l.Stage) && is(f.Route, l.Route) && is(f.Consumer, l.Consumer) &&
		(f.Method == "" || strings.EqualFold(f.Method, l.Method)) && l.Status >= low && l.Status <= high &&
		l.Duration >= float64(f.SlowerThan.Microseconds())/1000 && (f.Path == "" || like(f.Path, l.Path))
}

// tenant is whose lines are shown; those that no route was found for are nobody's.
func (f Filter) tenant() string {
	if f.Unrouted {
		return ""
	}
	return f.Tenant
}

func is(want, have string) bool { return want == "" || want == have }

// like tells whether a path is as a pattern says, whose stars stand for anything,
// slashes too.
func like(pattern, of string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return path.Clean(pattern) == path.Clean(of)
	}
	rest, ok := strings.CutPrefix(of, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
