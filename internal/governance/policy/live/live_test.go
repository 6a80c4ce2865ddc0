package live_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "a.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func said(t *testing.T, s *live.Sets) string {
	t.Helper()
	report, err := s.Eval(t.Context(), policy.Input{Document: map[string]any{}}, rego.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range report.Results {
		all = append(all, r.Message)
	}
	return strings.Join(all, ";")
}

func TestWhatChangesIsLoadedAndWhatBreaksKeepsTheLastGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Folder(dir))
	write(t, dir, "package a\ndeny contains \"one\" if true")
	s.Refresh(t.Context())
	first := s.Status(t.Context())[0]
	if said(t, s) != "one" || first.Problem != "" || first.Policies != 1 {
		t.Fatalf("%q %+v", said(t, s), first)
	}
	write(t, dir, "package a\ndeny contains \"two\" if true")
	s.Refresh(t.Context())
	if second := s.Status(t.Context())[0]; said(t, s) != "two" || second.Digest == first.Digest {
		t.Errorf("%q %+v", said(t, s), second)
	}
	write(t, dir, "package a\ndeny contains nothing")
	s.Refresh(t.Context())
	if st := s.Status(t.Context())[0]; said(t, s) != "two" || !strings.Contains(st.Problem, "a.rego:2") {
		t.Errorf("%q %+v", said(t, s), st)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.Refresh(t.Context())
	if st := s.Status(t.Context())[0]; said(t, s) != "two" || st.Problem == "" {
		t.Errorf("%q %+v", said(t, s), st)
	}
}

func TestDataOfAFolderAreTheSettingsOfWhatIsShipped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shipped := fstest.MapFS{"a.rego": {Data: []byte("package shipped\ndeny contains data.settings.word if true")}}
	s := live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Embedded("terrace", shipped, nil), live.Folder(dir))
	s.Refresh(t.Context())
	if said(t, s) != "" {
		t.Errorf("got %q", said(t, s))
	}
	if err := os.WriteFile(filepath.Join(dir, "data.yaml"), []byte("settings: {word: ours}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Refresh(t.Context())
	if said(t, s) != "ours" {
		t.Errorf("got %q", said(t, s))
	}
}

// Nothing passes in silence while policies were never loaded.
func TestWhatNeverLoadedBlocks(t *testing.T) {
	t.Parallel()
	s := live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Folder(filepath.Join(t.TempDir(), "none")))
	s.Refresh(t.Context())
	report, err := s.Eval(t.Context(), policy.Input{Document: map[string]any{}}, rego.Options{})
	if err != nil || !report.Blocked() || report.Count(policy.Errored) != 1 {
		t.Errorf("%+v %v", report, err)
	}
}
