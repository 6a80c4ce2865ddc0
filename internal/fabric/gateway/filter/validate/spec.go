package validate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
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

// spec is a policy's.
type spec struct {
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
func read(p gateway.Policy) (spec, error) {
	var s spec
	d := json.NewDecoder(bytes.NewReader(p.Spec))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, refused(p, kernel.Problem{Path: "spec", Message: strings.TrimPrefix(err.Error(), "json: ")})
	}
	s.Requests, s.Responses = cmp.Or(s.Requests, block), cmp.Or(s.Responses, report)
	s.UnknownFields, s.UnknownOperations = cmp.Or(s.UnknownFields, "allow"), cmp.Or(s.UnknownOperations, "refuse")
	s.UnreadResponses = cmp.Or(s.UnreadResponses, "pass")
	s.MaxBodyBytes = cmp.Or(s.MaxBodyBytes, defaultBody)
	if problems := s.problems(); len(problems) > 0 {
		return s, refused(p, problems...)
	}
	return s, nil
}

func refused(p gateway.Policy, problems ...kernel.Problem) error {
	return kernel.Errorf(kernel.Invalid, "policy %s is not valid", p.Name).WithProblems(problems...)
}

func (s spec) problems() (all []kernel.Problem) {
	tell := func(path, message, fix string) {
		all = append(all, kernel.Problem{Path: "spec." + path, Message: message, Fix: fix})
	}
	for _, choice := range []struct {
		path, value string
		of          []string
	}{
		{"requests", s.Requests, []string{block, report, off}},
		{"responses", s.Responses, []string{block, report, off}},
		{"unknownFields", s.UnknownFields, []string{"allow", "refuse"}},
		{"unknownOperations", s.UnknownOperations, []string{"refuse", "pass"}},
		{"unreadResponses", s.UnreadResponses, []string{"pass", "refuse"}},
	} {
		if !slices.Contains(choice.of, choice.value) {
			tell(choice.path, fmt.Sprintf("%q is not known", choice.value), "use one of "+strings.Join(choice.of, ", "))
		}
	}
	if s.UnreadResponses == "refuse" && s.Responses != block {
		tell("unreadResponses", "answers are refused where responses are blocked alone", "write responses: block, or leave it out")
	}
	if s.MaxBodyBytes < 1 || s.MaxBodyBytes > maxBody {
		tell("maxBodyBytes", fmt.Sprintf("%d is out of bounds", s.MaxBodyBytes), fmt.Sprintf("use 1 to %d", maxBody))
	}
	if len(s.APIs) == 0 || len(s.APIs) > 50 {
		tell("apis", "there has to be an API, and no more than 50", "name one with api and version")
	}
	for i, r := range s.APIs {
		path := fmt.Sprintf("apis[%d].", i)
		if r.API == "" || r.Version == "" {
			tell(path+"api", "an API is named by api and version", "see terrace api list")
		}
		if r.Prefix != nil && *r.Prefix != "" && (!strings.HasPrefix(*r.Prefix, "/") || strings.HasSuffix(*r.Prefix, "/")) {
			tell(path+"prefix", fmt.Sprintf("%q is no prefix", *r.Prefix), "write it as /v1, or leave it empty")
		}
		if r.Header != nil && (r.Header.Name == "" || strings.ContainsAny(r.Header.Name, " :\r\n\t")) {
			tell(path+"header.name", fmt.Sprintf("%q is no name of a header", r.Header.Name), "write it as Api-Version")
		}
	}
	return all
}
