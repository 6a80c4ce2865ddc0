package validate

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// What becomes of a message that does not fit.
const (
	block  = "block"
	report = "report"
	off    = "off"
)

// defaultBody and maxBody bound what is read of a message, in bytes.
const (
	defaultBody = 1 << 20
	maxBody     = 16 << 20
)

// settings are the spec of a policy.
type settings struct {
	// APIs are those behind the route; the first that a request is for counts.
	APIs []reference `json:"apis"`
	// Requests and Responses are block, report or off: block and report unless given.
	Requests  string `json:"requests,omitempty" enum:"block,report,off"`
	Responses string `json:"responses,omitempty" enum:"block,report,off"`
	// UnknownFields, of bodies and queries, are allowed unless it is refuse;
	// UnknownOperations are refused unless it is pass.
	UnknownFields     string `json:"unknownFields,omitempty" enum:"allow,refuse"`
	UnknownOperations string `json:"unknownOperations,omitempty" enum:"refuse,pass"`
	// UnreadResponses, those larger than the bound, pass unless it is refuse, which
	// takes that responses are blocked.
	UnreadResponses string `json:"unreadResponses,omitempty" enum:"pass,refuse"`
	MaxBodyBytes    int    `json:"maxBodyBytes,omitempty"`
}

// reference names a version of an API and the requests that are for it.
type reference struct {
	API     string `json:"api"`
	Version string `json:"version"`
	// Prefix is what the paths of requests have before those of the document: the
	// path of the document's first server unless given.
	Prefix *string `json:"prefix,omitempty"`
	// Header has the requests with that value alone be for it.
	Header *header `json:"header,omitempty"`
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// read reads a policy's spec, strictly.
func read(p gateway.Policy) (settings, error) {
	var s settings
	r := spec.Read(p.Spec, &s)
	s.Requests, s.Responses = cmp.Or(s.Requests, block), cmp.Or(s.Responses, report)
	s.UnknownFields, s.UnknownOperations = cmp.Or(s.UnknownFields, "allow"), cmp.Or(s.UnknownOperations, "refuse")
	s.UnreadResponses = cmp.Or(s.UnreadResponses, "pass")
	s.MaxBodyBytes = cmp.Or(s.MaxBodyBytes, defaultBody)
	s.check(r)
	return s, r.Err(KindName, p.Name)
}

func (s settings) check(r *spec.Reader) {
	r.OneOf("requests", s.Requests, block, report, off)
	r.OneOf("responses", s.Responses, block, report, off)
	r.OneOf("unknownFields", s.UnknownFields, "allow", "refuse")
	r.OneOf("unknownOperations", s.UnknownOperations, "refuse", "pass")
	r.OneOf("unreadResponses", s.UnreadResponses, "pass", "refuse")
	if s.UnreadResponses == "refuse" && s.Responses != block {
		r.Add("unreadResponses", "write responses: block, or leave it out", "nothing is kept from clients where responses are not blocked")
	}
	r.Int("maxBodyBytes", int64(s.MaxBodyBytes), 1, maxBody)
	if len(s.APIs) == 0 || len(s.APIs) > 50 {
		r.Add("apis", "name one with api and version", "there has to be an API, and no more than 50")
	}
	for i, of := range s.APIs {
		path := fmt.Sprintf("apis[%d].", i)
		if of.API == "" || of.Version == "" {
			r.Add(path+"api", "see terrace api list", "an API is named by api and version")
		}
		if of.Prefix != nil && *of.Prefix != "" && (!strings.HasPrefix(*of.Prefix, "/") || strings.HasSuffix(*of.Prefix, "/")) {
			r.Add(path+"prefix", "write it as /v1, or leave it empty", "%q is no prefix", *of.Prefix)
		}
		if of.Header != nil && !route.Token(of.Header.Name) {
			r.Add(path+"header.name", "write it as Api-Version", "%q is no name of a header", of.Header.Name)
		}
	}
}

// APIVersion is a version of an API that a policy names.
type APIVersion struct{ API, Version string }

// APIsOf returns what a policy holds routes against; nothing where it is of another kind.
func APIsOf(p gateway.Policy) []APIVersion {
	if p.Kind != KindName {
		return nil
	}
	s, err := read(p)
	if err != nil { // it was read when it was put
		return nil
	}
	out := make([]APIVersion, 0, len(s.APIs))
	for _, of := range s.APIs {
		out = append(out, APIVersion{of.API, of.Version})
	}
	return out
}
