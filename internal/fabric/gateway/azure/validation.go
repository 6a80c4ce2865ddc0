package azure

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
)

type validationSpec struct {
	APIs []struct {
		API     string  `json:"api"`
		Version string  `json:"version"`
		Prefix  *string `json:"prefix"`
	} `json:"apis"`
	Requests          string `json:"requests"`
	Responses         string `json:"responses"`
	UnknownOperations string `json:"unknownOperations"`
	UnreadResponses   string `json:"unreadResponses"`
	MaxBodyBytes      int    `json:"maxBodyBytes"`
}

// largestBody is what API Management validates at most, in bytes.
const largestBody = 4 << 20

// prefix is what the paths of a host's API begin with, where its operations are imported.
func (d *document) prefix() string {
	p, ok := d.t.shared(d.host, capability.Validation)
	if !ok {
		return ""
	}
	var s validationSpec
	d.read(p, &s)
	if len(s.APIs) != 1 {
		d.t.refuse(placeOf(p), "apis", "give each API a host of its own", "on Azure: one API is validated on a host, not %d", len(s.APIs))
		return ""
	}
	if s.UnknownOperations == "pass" {
		d.t.refuse(placeOf(p), "unknownOperations", "use refuse", "on Azure: an API with a document answers 404 to what the document does not have")
	}
	if s.MaxBodyBytes > largestBody {
		d.t.refuse(placeOf(p), "maxBodyBytes", "use at most "+strconv.Itoa(largestBody), "on Azure: bodies of up to 4 MB are validated, not of %d bytes", s.MaxBodyBytes)
	}
	one := s.APIs[0]
	source, found := "", false
	if d.t.Documents != nil {
		source, found = d.t.Documents.Document(d.scope, one.API, one.Version)
	}
	if !found {
		d.t.refuse(placeOf(p), "apis[0].api", "publish it on the stage: terrace api publish", "on Azure: version %s of the API %s is not published on %s", one.Version, one.API, d.scope.Stage)
		return ""
	}
	d.imported = &Import{Format: "openapi", Value: source}
	if strings.HasPrefix(strings.TrimSpace(source), "{") {
		d.imported.Format = "openapi+json"
	}
	if one.Prefix != nil {
		return *one.Prefix
	}
	return serverPath(source)
}

// serverPath is the path of a document's first server.
func serverPath(source string) string {
	var doc struct {
		Servers []struct {
			URL string `yaml:"url"`
		} `yaml:"servers"`
	}
	if err := yaml.Unmarshal([]byte(source), &doc); err != nil || len(doc.Servers) == 0 {
		return ""
	}
	u, err := url.Parse(doc.Servers[0].URL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// action is what becomes of a message that does not fit; empty is not looked at.
func action(said string) string {
	return map[string]string{"block": "prevent", "report": "detect"}[said]
}

// validates holds requests against the document.
func (d *document) validates() []element {
	s, ok := d.validation()
	act := action(cmp.Or(s.Requests, "block"))
	if !ok || act == "" {
		return nil
	}
	return []element{
		d.content(act, act, s),
		el("validate-parameters", "specified-parameter-action", act, "unspecified-parameter-action", "ignore", "errors-variable-name", "terrace-parameters"),
	}
}

// judged holds answers against it.
func (d *document) judged() []element {
	s, ok := d.validation()
	act := action(cmp.Or(s.Responses, "report"))
	if !ok || act == "" {
		return nil
	}
	beyond := "detect"
	if s.UnreadResponses == "refuse" {
		beyond = "prevent"
	}
	return []element{d.content(act, beyond, s)}
}

// content judges bodies; beyond is what becomes of those that are larger than the bound.
func (d *document) content(act, beyond string, s validationSpec) element {
	return el("validate-content", "unspecified-content-type-action", "ignore", "max-size", strconv.Itoa(cmp.Or(s.MaxBodyBytes, 1<<20)), "size-exceeded-action", beyond, "errors-variable-name", "terrace-content").
		with(el("content", "type", "application/json", "validate-as", "json", "action", act))
}

func (d *document) validation() (s validationSpec, ok bool) {
	p, ok := policy(d.routes[0], capability.Validation)
	if !ok || d.imported == nil {
		return s, false
	}
	d.read(p, &s)
	return s, true
}
