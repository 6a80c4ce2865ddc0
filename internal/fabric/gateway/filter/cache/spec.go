package cache

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	defaultMemory    = 32 << 20
	maxMemory        = 64 << 30
	defaultObject    = 4 << 20
	defaultWait      = 5 * time.Second
	defaultHeuristic = 24 * time.Hour
	maxDuration      = 366 * 24 * time.Hour
	// maxNames bounds every list of a spec.
	maxNames = 64
)

// spec is what a CachePolicy says.
type spec struct {
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

// read reads a spec; what is wrong with it is told at once.
func read(name string, raw json.RawMessage) (*spec, error) {
	r := &reader{}
	top := r.object("", decode(r, raw))
	s := &spec{fraction: 0.1, head: true, obey: true, targets: []string{"CDN-Cache-Control"}}
	s.ttl(top.sub("ttl"))
	s.heuristics(top.sub("heuristic"))
	s.methods(top)
	s.key(top.sub("key"))
	s.bypass(top.sub("bypass"))
	stale := top.sub("stale")
	s.whileRevalidate = stale.duration("whileRevalidate", 0)
	s.ifError = stale.duration("ifError", 0)
	stale.end()
	s.stripCookies = top.oneOf("setCookie", "refuse", "refuse", "strip") == "strip"
	s.obey = top.oneOf("requestDirectives", "obey", "obey", "ignore") == "obey"
	s.memory = uint64(top.size("memory", defaultMemory, maxMemory))
	s.object = int(top.size("maxObject", min(defaultObject, int64(s.memory)), 1<<30))
	if uint64(s.object) > s.memory {
		r.add("maxObject", "an object may be larger than all the memory of the policy", "make memory larger, or maxObject smaller")
	}
	s.wait = top.sub("collapse").last("wait", defaultWait)
	if top.has("targets") {
		s.targets = top.names("targets", true)
	}
	s.showTags = top.flag("showTags", false)
	top.end()
	if len(r.problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "policy %s is not valid", name).WithProblems(r.problems...)
	}
	return s, nil
}

func (s *spec) ttl(o *object) {
	s.all = o.duration("default", 0)
	s.longest = o.duration("max", maxDuration)
	s.fallback = o.statuses("statuses")
	s.override = o.statuses("override")
	o.end()
}

func (s *spec) heuristics(o *object) {
	s.heuristic = defaultHeuristic
	if !o.flag("enabled", true) {
		s.heuristic = 0
	}
	s.fraction = o.number("fraction", 0.1, 0, 1)
	if s.heuristic > 0 {
		s.heuristic = o.duration("max", defaultHeuristic)
	} else {
		o.duration("max", 0)
	}
	o.end()
}

func (s *spec) methods(top *object) {
	if !top.has("methods") {
		return
	}
	s.head = false
	get := false
	for i, m := range top.texts("methods") {
		switch m {
		case "GET":
			get = true
		case "HEAD":
			s.head = true
		default:
			top.r.add(top.at("methods")+"["+strconv.Itoa(i)+"]", "answers to "+strconv.Quote(m)+" are not cached", "use GET and HEAD")
		}
	}
	if !get {
		top.r.add(top.at("methods"), "GET is missing: only its answers are stored", "add GET")
	}
}

func (s *spec) key(o *object) {
	q := o.sub("query")
	s.chosen = q.has("include")
	s.include, s.exclude = q.texts("include"), q.texts("exclude")
	if s.chosen && q.has("exclude") {
		o.r.add(q.at("exclude"), "parameters are included and excluded at once", "remove one of the lists")
	}
	s.sorted = q.flag("sort", false)
	q.end()
	s.headers = o.names("headers", true)
	s.cookies = o.names("cookies", false)
	s.consumer = o.flag("consumer", false)
	o.end()
}

func (s *spec) bypass(o *object) {
	s.bypassHeaders, s.bypassCookies = o.names("headers", true), o.names("cookies", false)
	s.bypassPaths = o.texts("paths")
	for i, p := range s.bypassPaths {
		if !strings.HasPrefix(p, "/") {
			o.r.add(o.at("paths")+"["+strconv.Itoa(i)+"]", strconv.Quote(p)+" is no path", "begin it with a /")
		}
	}
	o.end()
}
