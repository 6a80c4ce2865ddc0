package azure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type corsSpec struct {
	Origins       []string         `json:"origins"`
	Methods       []string         `json:"methods"`
	Headers       []string         `json:"headers"`
	ExposeHeaders []string         `json:"exposeHeaders"`
	Credentials   bool             `json:"credentials"`
	MaxAge        *kernel.Duration `json:"maxAge"`
}

// cors answers preflights; it stands first, and once for all of a host.
func (d *document) cors() []element {
	p, ok := d.t.shared(d.host, capability.Cors)
	if !ok {
		return nil
	}
	s := corsSpec{Methods: []string{"GET", "HEAD", "POST"}}
	d.read(p, &s)
	for i, o := range s.Origins {
		if strings.Contains(o, "*") && o != "*" {
			d.t.refuse(placeOf(p), "origins["+strconv.Itoa(i)+"]", "name each origin, or use *", "on Azure: %s is a pattern, and API Management compares origins as they are", o)
		}
	}
	if s.Credentials && slices.Contains(s.Origins, "*") {
		d.t.refuse(placeOf(p), "credentials", "name the origins", "on Azure: API Management lets nobody's credentials come from everywhere")
	}
	age := 5 * time.Second
	if s.MaxAge != nil {
		age = time.Duration(*s.MaxAge)
	}
	e := el("cors", "allow-credentials", strconv.FormatBool(s.Credentials), "terminate-unmatched-request", "false").with(
		el("allowed-origins").with(texts("origin", s.Origins)...),
		el("allowed-methods", "preflight-result-max-age", strconv.Itoa(int(age.Seconds()))).with(texts("method", s.Methods)...),
	)
	if len(s.Headers) > 0 {
		e = e.with(el("allowed-headers").with(texts("header", s.Headers)...))
	}
	if len(s.ExposeHeaders) > 0 {
		e = e.with(el("expose-headers").with(texts("header", s.ExposeHeaders)...))
	}
	return []element{e}
}

type headerSpec struct {
	StrictTransport *struct {
		MaxAge            kernel.Duration `json:"maxAge"`
		IncludeSubDomains bool            `json:"includeSubDomains"`
		Preload           bool            `json:"preload"`
	} `json:"strictTransportSecurity"`
	ContentSecurity   string            `json:"contentSecurityPolicy"`
	ReportOnly        string            `json:"contentSecurityPolicyReportOnly"`
	FrameOptions      string            `json:"frameOptions"`
	ReferrerPolicy    []string          `json:"referrerPolicy"`
	PermissionsPolicy map[string]string `json:"permissionsPolicy"`
	NoSniff           bool              `json:"noSniff"`
	OpenerPolicy      string            `json:"crossOriginOpenerPolicy"`
	EmbedderPolicy    string            `json:"crossOriginEmbedderPolicy"`
	ResourcePolicy    string            `json:"crossOriginResourcePolicy"`
	KeepOwn           bool              `json:"keepOwn"`
	Request           headerChanges     `json:"request"`
	Response          headerChanges     `json:"response"`
}

type headerChanges struct {
	Set    map[string]string `json:"set"`
	Add    map[string]string `json:"add"`
	Remove []string          `json:"remove"`
}

func (c headerChanges) elements() []element {
	var all []element
	for _, name := range c.Remove {
		all = append(all, setHeader(name, "delete", ""))
	}
	for _, name := range spec.Sorted(c.Set) {
		all = append(all, setHeader(name, "override", literal(c.Set[name])))
	}
	for _, name := range spec.Sorted(c.Add) {
		all = append(all, setHeader(name, "append", literal(c.Add[name])))
	}
	return all
}

func (d *document) headerPolicy(r *gateway.InForce) (s headerSpec) {
	if p, ok := policy(r, capability.Headers); ok {
		d.read(p, &s)
	}
	return s
}

// headersIn are the changes of a HeaderPolicy on the request.
func (d *document) headersIn(r *gateway.InForce) []element {
	return d.headerPolicy(r).Request.elements()
}

// headersOut are those on the answer, and the security headers.
func (d *document) headersOut(r *gateway.InForce) []element {
	s := d.headerPolicy(r)
	all, action := s.Response.elements(), "override"
	if s.KeepOwn {
		action = "skip"
	}
	for _, h := range s.security() {
		if h.value != "" {
			all = append(all, setHeader(h.name, action, literal(h.value)))
		}
	}
	return all
}

func (s headerSpec) security() []attribute {
	sniff := ""
	if s.NoSniff {
		sniff = "nosniff"
	}
	var features []string
	for _, f := range spec.Sorted(s.PermissionsPolicy) {
		features = append(features, f+"="+s.PermissionsPolicy[f])
	}
	return []attribute{
		{"X-Frame-Options", s.FrameOptions},
		{"Cross-Origin-Opener-Policy", s.OpenerPolicy},
		{"Cross-Origin-Embedder-Policy", s.EmbedderPolicy},
		{"Cross-Origin-Resource-Policy", s.ResourcePolicy},
		{"Content-Security-Policy", s.ContentSecurity},
		{"Content-Security-Policy-Report-Only", s.ReportOnly},
		{"Referrer-Policy", strings.Join(s.ReferrerPolicy, ", ")},
		{"X-Content-Type-Options", sniff},
		{"Permissions-Policy", strings.Join(features, ", ")},
		{"Strict-Transport-Security", s.strict()},
	}
}

func (s headerSpec) strict() string {
	if s.StrictTransport == nil {
		return ""
	}
	text := "max-age=" + strconv.Itoa(int(time.Duration(s.StrictTransport.MaxAge).Seconds()))
	if s.StrictTransport.IncludeSubDomains {
		text += "; includeSubDomains"
	}
	if s.StrictTransport.Preload {
		text += "; preload"
	}
	return text
}
