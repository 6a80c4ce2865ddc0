package cache

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	defaultMemory    = 32 << 20
	maxMemory        = 64 << 30
	defaultObject    = 4 << 20
	maxObject        = 1 << 30
	defaultWait      = 5 * time.Second
	defaultHeuristic = 24 * time.Hour
	maxDuration      = 366 * 24 * time.Hour
	// maxNames bounds every list of a spec, maxWord each word of one, in bytes.
	maxNames = 64
	maxWord  = 1024
)

// rules are what a CachePolicy says.
type rules struct {
	// fallback is how long an answer is fresh that does not say it itself, by
	// status or, below it, for all; override is so whatever the answer says.
	fallback  map[int]time.Duration
	all       time.Duration
	override  map[int]time.Duration
	longest   time.Duration
	heuristic time.Duration
	fraction  float64

	head                       bool
	include, exclude           []string
	chosen                     bool
	sorted                     bool
	headers, cookies           []string
	consumer                   bool
	bypassHeaders              []string
	bypassCookies, bypassPaths []string

	whileRevalidate, ifError time.Duration

	stripCookies bool
	obey         bool
	object       int
	memory       uint64
	wait         time.Duration
	targets      []string
	showTags     bool
}

// reader makes rules of a document.
type reader struct {
	*spec.Reader

	rules
}

// read reads a spec; what is wrong with it is told at once.
func read(name string, raw json.RawMessage) (*rules, error) {
	d := document{
		TTL:       ttlDocument{Max: kernel.Duration(maxDuration)},
		Heuristic: heuristicDocument{Enabled: true, Fraction: 0.1, Max: kernel.Duration(defaultHeuristic)},
		SetCookie: "refuse", RequestDirectives: "obey", Targets: []string{"CDN-Cache-Control"},
		Collapse: collapseDocument{Wait: kernel.Duration(defaultWait)},
	}
	r := &reader{Reader: spec.Read(raw, &d)}
	r.times(d)
	r.methods(d.Methods)
	r.key(d.Key)
	r.bypass(d.Bypass)
	r.OneOf("setCookie", d.SetCookie, "refuse", "strip")
	r.OneOf("requestDirectives", d.RequestDirectives, "obey", "ignore")
	r.stripCookies, r.obey = d.SetCookie == "strip", d.RequestDirectives == "obey"
	r.sizes(d)
	r.targets = r.names("targets", d.Targets, true)
	r.showTags = d.ShowTags
	if err := r.Err("policy", name); err != nil {
		return nil, err
	}
	return &r.rules, nil
}

func (r *reader) times(d document) {
	r.all = r.span("ttl.default", d.TTL.Default)
	r.longest = r.span("ttl.max", d.TTL.Max)
	r.fallback = r.statuses("ttl.statuses", d.TTL.Statuses)
	r.override = r.statuses("ttl.override", d.TTL.Override)
	if r.heuristic = r.span("heuristic.max", d.Heuristic.Max); !d.Heuristic.Enabled {
		r.heuristic = 0
	}
	if r.fraction = d.Heuristic.Fraction; r.fraction < 0 || r.fraction > 1 {
		r.Add("heuristic.fraction", "use 0 to 1", "%g is out of bounds", r.fraction)
	}
	r.whileRevalidate = r.span("stale.whileRevalidate", d.Stale.WhileRevalidate)
	r.ifError = r.span("stale.ifError", d.Stale.IfError)
	r.wait = r.span("collapse.wait", d.Collapse.Wait)
}

func (r *reader) span(path string, d kernel.Duration) time.Duration {
	if d < 0 || d > kernel.Duration(maxDuration) {
		r.Add(path, "use 0s to 8784h", "%s is out of bounds", d)
	}
	return time.Duration(d)
}

// statuses reads durations by status, such as 404, or a class of them, 5xx.
func (r *reader) statuses(path string, of map[string]kernel.Duration) map[int]time.Duration {
	out := map[int]time.Duration{}
	for _, key := range spec.Sorted(of) {
		at := path + "." + key
		digits, class := strings.CutSuffix(key, "xx")
		n, err := strconv.Atoi(digits)
		if err != nil || class && (n < 2 || n > 5) || !class && (n < 200 || n > 599 || n == 206 || n == 304) {
			r.Add(at, "use such as 404, or 5xx for a class", "%q is no status whose answers are stored", key)
			continue
		}
		out[n] = r.span(at, of[key])
	}
	return out
}

func (r *reader) methods(methods []string) {
	r.head = methods == nil
	get := methods == nil
	for i, m := range methods {
		switch m {
		case "GET":
			get = true
		case "HEAD":
			r.head = true
		default:
			r.Add(fmt.Sprintf("methods[%d]", i), "use GET and HEAD", "answers to %q are not cached", m)
		}
	}
	if !get {
		r.Add("methods", "add GET", "GET is missing: only its answers are stored")
	}
}

func (r *reader) key(d keyDocument) {
	r.chosen = d.Query.Include != nil
	r.include, r.exclude = r.words("key.query.include", d.Query.Include), r.words("key.query.exclude", d.Query.Exclude)
	if r.chosen && d.Query.Exclude != nil {
		r.Add("key.query.exclude", "remove one of the lists", "parameters are included and excluded at once")
	}
	r.sorted = d.Query.Sort
	r.headers, r.cookies = r.names("key.headers", d.Headers, true), r.names("key.cookies", d.Cookies, false)
	r.consumer = d.Consumer
}

func (r *reader) bypass(d bypassDocument) {
	r.bypassHeaders, r.bypassCookies = r.names("bypass.headers", d.Headers, true), r.names("bypass.cookies", d.Cookies, false)
	r.bypassPaths = r.words("bypass.paths", d.Paths)
	for i, p := range r.bypassPaths {
		if !strings.HasPrefix(p, "/") {
			r.Add(fmt.Sprintf("bypass.paths[%d]", i), "begin it with a /", "%q is no path", p)
		}
	}
}

func (r *reader) sizes(d document) {
	r.memory = uint64(r.size("memory", d.Memory, defaultMemory, maxMemory))
	r.object = int(r.size("maxObject", d.MaxObject, min(defaultObject, int64(r.memory)), maxObject))
	if uint64(r.object) > r.memory {
		r.Add("maxObject", "make memory larger, or maxObject smaller", "an object may be larger than all the memory of the policy")
	}
}

// size reads a number of bytes, such as 64Mi.
func (r *reader) size(path string, v any, otherwise, most int64) int64 {
	n := math.NaN()
	switch v := v.(type) {
	case nil:
		return otherwise
	case json.Number:
		if f, err := v.Float64(); err == nil {
			n = f
		}
	case string:
		digits, unit := v, 1.0
		for suffix, factor := range map[string]float64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30} {
			if rest, ok := strings.CutSuffix(v, suffix); ok {
				digits, unit = rest, factor
			}
		}
		if whole, err := strconv.ParseUint(digits, 10, 40); err == nil {
			n = float64(whole) * unit
		}
	}
	if !(n >= 1024 && n <= float64(most)) {
		r.Add(path, "write it in bytes, or as 512Ki, 64Mi or 1Gi", "%v is not a size from 1Ki to %dMi", v, most>>20)
		return otherwise
	}
	return int64(n)
}

// words are the bounds of a list.
func (r *reader) words(path string, list []string) []string {
	if len(list) > maxNames {
		r.Add(path, fmt.Sprintf("use up to %d", maxNames), "%d are too many", len(list))
		return nil
	}
	for i, word := range list {
		if word == "" || len(word) > maxWord {
			r.Add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("use 1 to %d bytes", maxWord), "a word of %d bytes is out of bounds", len(word))
		}
	}
	return list
}

// names are lists of tokens, such as names of headers, which are in lower case then.
func (r *reader) names(path string, list []string, headers bool) []string {
	list = r.words(path, list)
	for i, name := range list {
		if name != "" && !route.Token(name) {
			r.Add(fmt.Sprintf("%s[%d]", path, i), "", "%.80q is no name", name)
		}
		if headers {
			list[i] = strings.ToLower(name)
		}
	}
	return list
}
