package limit

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// document is the spec of a policy.
type document struct {
	Limits []limitDocument `json:"limits"`
	// HideHeaders leaves RateLimit and RateLimit-Policy out of answers.
	HideHeaders bool `json:"hideHeaders,omitempty"`
}

// limitDocument is one limit: all of its windows count, all limits of a policy hold.
type limitDocument struct {
	// Name tells it from others, in headers and over changes; default is "default".
	Name string `json:"name,omitempty"`
	// Key are the parts of what is counted by; without any it is the client's address.
	Key     []string         `json:"key,omitempty"`
	Windows []windowDocument `json:"windows"`
	// Methods are those that it is for; none is all.
	Methods []string `json:"methods,omitempty"`
	// Count is requests, or bytes for those of bodies both ways.
	Count string `json:"count,omitempty" enum:"requests,bytes"`
	// Costs are what a request of a method counts, 1 where nothing is said.
	Costs map[string]int64 `json:"costs,omitempty"`
	// Statuses are those of answers that count, such as 401 or 4xx; none is all.
	Statuses []string `json:"statuses,omitempty"`
}

// windowDocument lets Limit units come Per time, Burst of them at once.
type windowDocument struct {
	Limit int64           `json:"limit"`
	Per   kernel.Duration `json:"per"`
	Burst int64           `json:"burst,omitempty"`
}

// maxUnits bounds what a window has: beyond it nobody could count it exactly.
const maxUnits = 1 << 50

// limit is a limit, ready to count.
type limit struct {
	name     string
	parts    []part
	windows  []window
	methods  []string
	costs    map[string]int64
	bytes    bool
	statuses []string
}

// later tells that it is counted once the answer is known.
func (l *limit) later() bool { return l.bytes || len(l.statuses) > 0 }

func (l *limit) applies(method string) bool {
	return len(l.methods) == 0 || slices.Contains(l.methods, method)
}

func (l *limit) cost(method string) int64 {
	if cost, ok := l.costs[method]; ok {
		return cost
	}
	return 1
}

// counts tells that answers of a status do.
func (l *limit) counts(status int) bool {
	if len(l.statuses) == 0 {
		return true
	}
	text := strconv.Itoa(status)
	return slices.ContainsFunc(l.statuses, func(s string) bool { return s == text || s[1:] == "xx" && s[0] == text[0] })
}

func read(r *spec.Reader, d document, at gateway.Attachment, early bool) []*limit {
	if len(d.Limits) == 0 || len(d.Limits) > maxLimits {
		r.Add("limits", "", "a policy has 1 to %d limits", maxLimits)
	}
	var out []*limit
	names := map[string]bool{}
	for i, doc := range d.Limits {
		path := "limits[" + strconv.Itoa(i) + "]"
		if doc.Name == "" {
			doc.Name = "default"
		}
		if !route.Token(doc.Name) || len(doc.Name) > 64 || strings.ContainsAny(doc.Name, "'`") {
			r.Add(path+".name", "use letters, digits and hyphens", "%q cannot be the name of a limit", doc.Name)
		}
		if names[doc.Name] {
			r.Add(path+".name", "give each limit its own name", "there are two limits %q", doc.Name)
		}
		names[doc.Name] = true
		out = append(out, readLimit(r, path, doc, at, early))
	}
	return out
}

func readLimit(r *spec.Reader, path string, d limitDocument, at gateway.Attachment, early bool) *limit {
	l := &limit{name: d.Name, bytes: d.Count == "bytes", costs: d.Costs, methods: d.Methods, statuses: d.Statuses}
	if d.Count != "" {
		r.OneOf(path+".count", d.Count, "requests", "bytes")
	}
	if l.bytes && len(d.Costs) > 0 {
		r.Add(path+".costs", "leave one of the two away", "bytes are counted, not costs")
	}
	for i, method := range d.Methods {
		checkMethod(r, path+".methods["+strconv.Itoa(i)+"]", method)
	}
	for i, status := range d.Statuses {
		if !validStatus(status) {
			r.Add(path+".statuses["+strconv.Itoa(i)+"]", "write it as 401 or 4xx", "%q is no status", status)
		}
	}
	l.parts = readKey(r, path+".key", d.Key, at, early)
	l.windows = readWindows(r, path, l, d.Windows)
	for _, method := range spec.Sorted(d.Costs) {
		checkMethod(r, path+".costs."+method, method)
		for _, w := range l.windows {
			r.Int(path+".costs."+method, d.Costs[method], 0, w.burst)
		}
	}
	return l
}

func checkMethod(r *spec.Reader, path, method string) {
	if !route.Token(method) || method != strings.ToUpper(method) {
		r.Add(path, "write it in capitals, such as "+http.MethodPost, "%q is no method", method)
	}
}

func validStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return false
	}
	_, err := strconv.Atoi(s)
	return err == nil || s[1:] == "xx"
}

func readWindows(r *spec.Reader, path string, l *limit, docs []windowDocument) []window {
	if len(docs) == 0 || len(docs) > maxWindows {
		r.Add(path+".windows", "", "a limit has 1 to %d windows", maxWindows)
		return nil
	}
	var out []window
	for i, d := range docs {
		at := path + ".windows[" + strconv.Itoa(i) + "]"
		per := time.Duration(d.Per)
		if per < time.Millisecond || per > 31*24*time.Hour {
			r.Add(at+".per", "use 1ms to 744h", "%s is out of bounds", per)
		}
		if d.Burst == 0 {
			d.Burst = d.Limit
		}
		r.Int(at+".limit", d.Limit, 1, maxUnits)
		r.Int(at+".burst", d.Burst, 1, maxUnits)
		if slices.ContainsFunc(out, func(w window) bool { return w.per == per }) {
			r.Add(at+".per", "leave one away", "there are two windows of %s", per)
		}
		if d.Limit < 1 || d.Burst < 1 || per < time.Millisecond {
			continue
		}
		w := newWindow(per, d.Limit, d.Burst)
		w.label = l.name
		if len(docs) > 1 {
			w.label += "-" + strconv.FormatFloat(per.Seconds(), 'f', -1, 64) + "s"
		}
		w.item = `"` + w.label + `";q=` + strconv.FormatInt(d.Limit, 10) + ";w=" + strconv.FormatInt(seconds(int64(per)), 10)
		if l.bytes {
			w.item += `;qu="content-bytes"`
		}
		out = append(out, w)
	}
	return out
}

// seconds rounds nanoseconds up.
func seconds(nanoseconds int64) int64 {
	return (nanoseconds + int64(time.Second) - 1) / int64(time.Second)
}
