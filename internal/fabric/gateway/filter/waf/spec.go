package waf

import (
	"encoding/json"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/rules"
)

// Mode is what becomes of a request that the rules refuse.
type Mode string

// The modes.
const (
	// Detection lets it pass, and tells of it.
	Detection Mode = "Detection"
	// Blocking answers 403 in place of the service.
	Blocking Mode = "Blocking"
)

// Beyond is what becomes of a body that is larger than what is inspected.
type Beyond string

// What becomes of a larger body.
const (
	// Reject answers 413.
	Reject Beyond = "Reject"
	// Pass judges its beginning and lets the rest pass.
	Pass Beyond = "Pass"
)

// Spec is a WafPolicy's. What is left out has the defaults below.
type Spec struct {
	Mode Mode `json:"mode,omitempty" enum:"Detection,Blocking"`
	// ParanoiaLevel is 1 to 4: more rules, and more of them wrong.
	ParanoiaLevel int `json:"paranoiaLevel,omitempty"`
	// DetectionParanoiaLevel has the rules of higher levels asked, too: what they
	// find is told of and does not count. It is ParanoiaLevel unless given.
	DetectionParanoiaLevel int `json:"detectionParanoiaLevel,omitempty"`
	// InboundThreshold is the anomaly score that refuses a request.
	InboundThreshold int `json:"inboundThreshold,omitempty"`
	// Methods are those that a request may have.
	Methods    []string    `json:"methods,omitempty"`
	Body       Body        `json:"body,omitzero"`
	Response   *Response   `json:"response,omitempty"`
	Exclusions []Exclusion `json:"exclusions,omitempty"`
	// Rules are custom rules in SecLang; they stand before the rule set's.
	Rules string `json:"rules,omitempty"`
}

// Body is how the bodies of requests are inspected.
type Body struct {
	// Limit is how much of a body is inspected, in bytes.
	Limit int `json:"limit,omitempty"`
	// Beyond is what becomes of a larger one.
	Beyond Beyond `json:"beyond,omitempty" enum:"Reject,Pass"`
	// ContentTypes are those that are inspected, such as application/json or
	// application/*+json; a body that names none always is.
	ContentTypes []string `json:"contentTypes,omitempty"`
	// Concurrency is how many bodies are inspected at once; more wait.
	Concurrency int `json:"concurrency,omitempty"`
}

// Response is how answers are inspected.
type Response struct {
	// OutboundThreshold is the anomaly score that refuses an answer.
	OutboundThreshold int `json:"outboundThreshold,omitempty"`
	// Limit is how much of an answer's body is inspected, in bytes; the rest passes.
	Limit int `json:"limit,omitempty"`
	// ContentTypes are those whose bodies are inspected.
	ContentTypes []string `json:"contentTypes,omitempty"`
}

// Exclusion keeps rules from looking, as a whole or at some targets.
type Exclusion struct {
	PathPrefix string   `json:"pathPrefix,omitempty"`
	Rules      []int    `json:"rules,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Targets    []string `json:"targets,omitempty"`
}

// The bounds of a spec.
const (
	defaultLimit = 128 << 10
	maxLimit     = 4 << 20
	maxScore     = 10_000
	maxExclusion = 256
	maxRules     = 60_000 // below the longest line that Coraza reads
	maxAtOnce    = 1024
	maxTypes     = 32
)

// read returns the spec of a document with its defaults, or all that is wrong with it.
func read(name string, raw json.RawMessage) (Spec, error) {
	var s Spec
	c := &checker{spec.Read(raw, &s)}
	s.fill()
	c.spec(s)
	if err := c.Err(KindName, name); err != nil {
		return Spec{}, err
	}
	return s, nil
}

func (s *Spec) fill() {
	orString(&s.Mode, Blocking)
	orInt(&s.ParanoiaLevel, 1)
	orInt(&s.InboundThreshold, 5)
	orList(&s.Methods, "GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
	orInt(&s.Body.Limit, defaultLimit)
	orString(&s.Body.Beyond, Reject)
	orList(&s.Body.ContentTypes, "application/x-www-form-urlencoded", "multipart/form-data", "application/json", "application/*+json",
		"text/xml", "application/xml", "application/*+xml", "text/plain")
	orInt(&s.Body.Concurrency, 16)
	if s.Response != nil {
		r := *s.Response
		orInt(&r.OutboundThreshold, 4)
		orInt(&r.Limit, defaultLimit)
		orList(&r.ContentTypes, "text/plain", "text/html", "text/xml", "application/json")
		s.Response = &r
	}
}

func orString[T ~string](v *T, other T) {
	if *v == "" {
		*v = other
	}
}

func orInt(v *int, other int) {
	if *v == 0 {
		*v = other
	}
}

func orList(v *[]string, other ...string) {
	if len(*v) == 0 {
		*v = other
	}
}

// checker looks at what a spec says.
type checker struct{ *spec.Reader }

func (c *checker) spec(s Spec) {
	if s.Mode != Detection && s.Mode != Blocking {
		c.Add("mode", "use Detection or Blocking", "there is no mode %q", s.Mode)
	}
	c.Int("paranoiaLevel", int64(s.ParanoiaLevel), 1, 4)
	if d := s.DetectionParanoiaLevel; d != 0 {
		c.Int("detectionParanoiaLevel", int64(d), int64(min(max(s.ParanoiaLevel, 1), engine.Levels)), engine.Levels)
	}
	c.Int("inboundThreshold", int64(s.InboundThreshold), 1, maxScore)
	for i, m := range s.Methods {
		if m == "" || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" || len(m) > 32 || len(s.Methods) > maxTypes {
			c.Add(at("methods", i), "", "%q is no method", m)
		}
	}
	c.Int("body.limit", int64(s.Body.Limit), 1, maxLimit)
	if s.Body.Beyond != Reject && s.Body.Beyond != Pass {
		c.Add("body.beyond", "use Reject or Pass", "there is no %q", s.Body.Beyond)
	}
	c.types("body.contentTypes", s.Body.ContentTypes)
	c.Int("body.concurrency", int64(s.Body.Concurrency), 1, maxAtOnce)
	if r := s.Response; r != nil {
		c.Int("response.outboundThreshold", int64(r.OutboundThreshold), 1, maxScore)
		c.Int("response.limit", int64(r.Limit), 1, maxLimit)
		c.types("response.contentTypes", r.ContentTypes)
		for i, t := range r.ContentTypes {
			if strings.Contains(t, "*") {
				c.Add(at("response.contentTypes", i), "", "%q has a star, which those of answers cannot", t)
			}
		}
	}
	if len(s.Exclusions) > maxExclusion {
		c.Add("exclusions", "", "there are more than %d", maxExclusion)
	}
	for i, x := range s.Exclusions {
		c.exclusion(at("exclusions", i), x)
	}
	if len(s.Rules) > maxRules {
		c.Add("rules", "", "the rules are longer than %d bytes", maxRules)
		return
	}
	c.Tell(rules.Check("rules", s.Rules, s.Response != nil)...)
}

func (c *checker) types(path string, types []string) {
	for i, t := range types {
		name, params, err := mime.ParseMediaType(strings.Replace(t, "*", "x", 1))
		if t == everyType {
			continue
		}
		if err != nil || strings.Count(t, "*") > 1 || len(params) > 0 || !strings.Contains(name, "/") || t != strings.ToLower(t) || i >= maxTypes {
			c.Add(at(path, i), "write it as type/subtype in lower case", "%q is no content type", t)
		}
	}
}

func (c *checker) exclusion(path string, x Exclusion) {
	if x.PathPrefix != "" && x.PathPrefix[0] != '/' {
		c.Add(path+".pathPrefix", "", "%q does not begin with a slash", x.PathPrefix)
	}
	if len(x.Rules)+len(x.Tags) == 0 {
		c.Add(path, "name rules or tags", "the exclusion names no rule")
	}
	if n := max(len(x.Rules), len(x.Tags), len(x.Targets)); n > maxExclusion {
		c.Add(path, "", "the exclusion has more than %d entries of one sort", maxExclusion)
		return
	}
	for i, id := range x.Rules {
		if id > rules.MaxID && !engine.Known(id) {
			c.Add(at(path+".rules", i), "", "the rule set has no rule %d", id)
		}
		if id < 1 || slices.Contains([]int{900990, 949110, 949111, 959100, 959101}, id) {
			c.Add(at(path+".rules", i), "raise the threshold, or choose Detection", "rule %d is not one that can be left out", id)
		}
	}
	for i, tag := range x.Tags {
		if tag == "" || strings.ContainsFunc(tag, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
			c.Add(at(path+".tags", i), "", "%q is no tag", tag)
		}
	}
	for i, t := range x.Targets {
		if _, err := engine.ParseTarget(t); err != nil {
			c.Add(at(path+".targets", i), "write it as ARGS, ARGS:name or ARGS:/expression/", "%v", err)
		}
	}
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// detection is the highest level whose rules are asked.
func (s Spec) detection() int { return max(s.ParanoiaLevel, s.DetectionParanoiaLevel) }

// config is the engine that a spec wants.
func (s Spec) config() engine.Config {
	c := engine.Config{
		Detection: s.Mode == Detection, Paranoia: s.ParanoiaLevel, Detected: s.DetectionParanoiaLevel, Inbound: s.InboundThreshold, Outbound: 4,
		BodyLimit: s.Body.Limit, Methods: s.Methods, Rules: s.Rules,
	}
	if r := s.Response; r != nil {
		c.Response, c.Outbound, c.ResponseLimit, c.ResponseTypes = true, r.OutboundThreshold, r.Limit, r.ContentTypes
	}
	for _, x := range s.Exclusions {
		c.Exclusions = append(c.Exclusions, engine.Exclusion{Prefix: x.PathPrefix, Rules: x.Rules, Tags: x.Tags, Targets: x.Targets})
	}
	return c
}
