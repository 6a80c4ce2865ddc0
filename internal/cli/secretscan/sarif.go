package secretscan

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// The parts of SARIF 2.1.0 that findings need, by the section of the standard that has each.
type (
	// sarifLog is §3.13.
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	// sarifRun is §3.14.
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	// sarifDriver is §3.19.
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	// sarifRule is §3.49.
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	// sarifResult is §3.27.
	sarifResult struct {
		RuleID     string          `json:"ruleId"`
		RuleIndex  int             `json:"ruleIndex"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations"`
		Properties map[string]any  `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	// sarifPhysical is §3.29.
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	// sarifRegion is §3.30; lines and columns are from 1, and the end is behind the last.
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
)

func writeSARIF(w io.Writer, r Report, rules []leakscan.Rule) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}, Tool: sarifTool{Driver: sarifDriver{Name: "terrace secret scan", Rules: []sarifRule{}}}}
	for _, rule := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: rule.ID, Short: sarifText{Text: rule.Description}})
	}
	for _, f := range r.Findings {
		run.Results = append(run.Results, f.sarif(rules))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func (f Finding) sarif(rules []leakscan.Rule) sarifResult {
	out := sarifResult{
		RuleID: f.Rule, RuleIndex: slices.IndexFunc(rules, func(r leakscan.Rule) bool { return r.ID == f.Rule }), Level: "error",
		Message:   sarifText{Text: fmt.Sprintf("%s It begins with %s", f.Description, f.Redacted)},
		Locations: []sarifLocation{{Physical: sarifPhysical{Artifact: sarifArtifact{URI: uri(f.Path)}}}},
	}
	if f.Redacted == "…" || f.Redacted == "" {
		out.Message.Text = f.Description
	}
	if f.Line > 0 {
		out.Locations[0].Physical.Region = &sarifRegion{StartLine: f.Line, StartColumn: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn}
	}
	if f.Commit != "" {
		out.Properties = map[string]any{"commit": f.Commit}
	}
	return out
}

// uri refers to a file from where one is, or from the root.
func uri(path string) string {
	u := url.URL{Path: path}
	if filepath.IsAbs(filepath.FromSlash(path)) {
		u.Scheme, u.Path = "file", "/"+strings.TrimPrefix(path, "/")
		return u.String()
	}
	return u.EscapedPath()
}
