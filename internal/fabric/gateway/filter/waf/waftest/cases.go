// Package waftest reads the regression tests of the OWASP Core Rule Set, as
// its module ships them, and writes their requests as they go over the wire.
package waftest

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"testing"

	crs "github.com/corazawaf/coraza-coreruleset/v4/tests"
	"gopkg.in/yaml.v3"
)

// Case is one test: its requests, and what must come of each.
type Case struct {
	// Rule is the rule that it is about, Name is rule-number.
	Rule   int
	Name   string
	Stages []Stage
}

// Stage is a request and what must come of it.
type Stage struct {
	Input  Input  `yaml:"input"`
	Output Output `yaml:"output"`
}

// Input is a request.
type Input struct {
	Method       *string   `yaml:"method"`
	URI          *string   `yaml:"uri"`
	Version      *string   `yaml:"version"`
	Headers      yaml.Node `yaml:"headers"`
	Data         string    `yaml:"data"`
	Encoded      string    `yaml:"encoded_request"`
	AutoComplete *bool     `yaml:"autocomplete_headers"`
}

// Output is what must come of a request.
type Output struct {
	Status      int  `yaml:"status"`
	ExpectError bool `yaml:"expect_error"`
	Log         struct {
		Expect   []int  `yaml:"expect_ids"`
		NoExpect []int  `yaml:"no_expect_ids"`
		Match    string `yaml:"match_regex"`
		NoMatch  string `yaml:"no_match_regex"`
	} `yaml:"log"`
}

// Cases returns all tests.
func Cases(t testing.TB) []Case {
	t.Helper()
	var out []Case
	err := fs.WalkDir(crs.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		content, err := fs.ReadFile(crs.FS, path)
		if err != nil {
			return err //nolint:wrapcheck // told by the test
		}
		var file struct {
			Rule  int `yaml:"rule_id"`
			Tests []struct {
				ID     int     `yaml:"test_id"`
				Stages []Stage `yaml:"stages"`
			} `yaml:"tests"`
		}
		if err := yaml.Unmarshal(content, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, c := range file.Tests {
			out = append(out, Case{Rule: file.Rule, Name: fmt.Sprintf("%d-%d", file.Rule, c.ID), Stages: c.Stages})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Head is a request in its parts.
type Head struct {
	Method, Target, Version string
	Headers                 [][2]string
	Body                    string
}

// Head returns the request in its parts; ok is false for one that is only given
// as it goes over the wire.
func (in Input) Head() (Head, bool) {
	if in.Encoded != "" {
		return Head{}, false
	}
	h := Head{Method: or(in.Method, "GET"), Target: or(in.URI, "/"), Version: or(in.Version, "HTTP/1.1"), Body: in.Data}
	for i := 0; i+1 < len(in.Headers.Content); i += 2 {
		h.Headers = append(h.Headers, [2]string{in.Headers.Content[i].Value, in.Headers.Content[i+1].Value})
	}
	if kind := h.get("Content-Type"); strings.HasPrefix(kind, "multipart/") {
		h.Body = strings.ReplaceAll(strings.ReplaceAll(h.Body, "\r\n", "\n"), "\n", "\r\n")
	}
	if in.AutoComplete != nil && !*in.AutoComplete {
		return h, true
	}
	h.complete()
	return h, true
}

// complete adds the headers that a client would, as the tests assume.
func (h *Head) complete() {
	if h.Body != "" {
		if h.get("Content-Type") == "" {
			h.Headers = append(h.Headers, [2]string{"Content-Type", "application/x-www-form-urlencoded"})
		}
		if h.get("Content-Type") == "application/x-www-form-urlencoded" {
			h.Body = encoded(h.Body)
		}
		if h.get("Content-Length") == "" && h.get("Transfer-Encoding") == "" {
			h.Headers = append(h.Headers, [2]string{"Content-Length", strconv.Itoa(len(h.Body))})
		}
	}
	if h.get("Connection") == "" {
		h.Headers = append(h.Headers, [2]string{"Connection", "close"})
	}
}

// encoded encodes a form that is not.
func encoded(form string) string {
	if !strings.ContainsFunc(form, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return form
	}
	values, err := url.ParseQuery(form)
	if err != nil {
		return form
	}
	for _, vs := range values {
		for _, v := range vs {
			if v != "" {
				return values.Encode()
			}
		}
	}
	return form
}

func (h *Head) get(name string) string {
	for _, header := range h.Headers {
		if strings.EqualFold(header[0], name) {
			return header[1]
		}
	}
	return ""
}

// Wire returns the request as it goes over the wire.
func (in Input) Wire(t testing.TB) []byte {
	t.Helper()
	h, ok := in.Head()
	if !ok {
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(in.Encoded, "\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var b strings.Builder
	b.WriteString(h.Method + " " + h.Target + " " + h.Version + "\r\n")
	for _, header := range h.Headers {
		b.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	b.WriteString("\r\n" + h.Body)
	return []byte(b.String())
}

func or(s *string, other string) string {
	if s == nil {
		return other
	}
	return *s
}
