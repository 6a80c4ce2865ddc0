package arm

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// maxFaults is how many faults may be on order.
const maxFaults = 100

// Fault is trouble on order: requests whose "METHOD /path" matches get it.
type Fault struct {
	ID string `json:"id"`
	// Match is a regular expression over "METHOD /path?query"; for a data plane the path is "host/path".
	Match string `json:"match"`
	// Status is the status to answer, 429 or 5xx, or 409 for another operation in progress; 0 with Slow.
	Status int `json:"status,omitempty"`
	// RetryAfter is in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Slow is how many polls a long-running operation takes.
	Slow int `json:"slow,omitempty"`
	// Times is how many requests it meets, 0 for all until it is cleared.
	Times int `json:"times,omitempty"`
	// Met is how many it has met.
	Met int `json:"met"`

	rule *regexp.Regexp
}

type faults struct {
	mu  sync.Mutex
	all []*Fault
}

// AddFault puts a fault on order.
func (e *Engine) AddFault(f Fault) (Fault, error) {
	rule, err := regexp.Compile(f.Match)
	switch {
	case err != nil:
		return f, BadRequest("InvalidFault", "match is no regular expression: %v", err)
	case f.Match == "":
		return f, BadRequest("InvalidFault", "match is missing: a regular expression over \"METHOD /path\"")
	case (f.Status == 0) == (f.Slow == 0):
		return f, BadRequest("InvalidFault", "a fault has either a status or a number of slow polls")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return f, BadRequest("InvalidFault", "status %d is no failure: 400 to 599", f.Status)
	case f.Times < 0, f.RetryAfter < 0, f.Slow < 0:
		return f, BadRequest("InvalidFault", "times, retry-after and slow are not negative")
	}
	f.ID, f.Met, f.rule = NewUUID()[:8], 0, rule
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	if len(e.faults.all) >= maxFaults {
		return f, Conflict("TooManyFaults", "there are %d faults already", maxFaults)
	}
	e.faults.all = append(e.faults.all, &f)
	return f, nil
}

// Faults returns the faults on order.
func (e *Engine) Faults() []Fault {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	out := make([]Fault, 0, len(e.faults.all))
	for _, f := range e.faults.all {
		out = append(out, *f)
	}
	return out
}

// ClearFaults removes all faults.
func (e *Engine) ClearFaults() {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.all = nil
}

// meet returns the first fault that a request meets and that wanted says is of the right sort.
func (f *faults) meet(r *http.Request, wanted func(Fault) bool) (Fault, bool) {
	path := r.URL.RequestURI()
	if r.URL.Host != "" {
		path = r.URL.Host + path
	}
	line := r.Method + " " + path
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.all, func(one *Fault) bool { return wanted(*one) && one.rule.MatchString(line) })
	if at < 0 {
		return Fault{}, false
	}
	got := f.all[at]
	got.Met++
	if got.Times > 0 && got.Met >= got.Times {
		f.all = slices.Delete(f.all, at, at+1)
	}
	return *got, true
}

// slow is how many polls a request's operation takes by a fault.
func (f *faults) slow(r *http.Request) int {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return 0
	}
	got, _ := f.meet(r, func(one Fault) bool { return one.Slow > 0 })
	return got.Slow
}

// Intercept answers a request that meets a fault, and tells whether it did.
func (e *Engine) Intercept(w http.ResponseWriter, r *http.Request) bool {
	got, met := e.faults.meet(r, func(one Fault) bool { return one.Status > 0 })
	if !met {
		return false
	}
	code, message := "InternalServerError", "A fault on order (%s): try again."
	switch got.Status {
	case http.StatusTooManyRequests:
		code = "TooManyRequests"
	case http.StatusServiceUnavailable:
		code = "ServiceUnavailable"
	case http.StatusConflict:
		code, message = "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress. A fault on order (%s): try again."
	}
	a := refusal(Errorf(got.Status, code, "%s", fmt.Sprintf(message, got.ID)))
	if got.RetryAfter > 0 || got.Status == http.StatusTooManyRequests {
		a.with("Retry-After", strconv.Itoa(got.RetryAfter))
	}
	a.write(w, r.Method == http.MethodHead)
	return true
}
