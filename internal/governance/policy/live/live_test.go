package live_test

import (
	"context"
	"io/fs"
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
	first := s.Sources(t.Context())[0]
	if said(t, s) != "one" || first.Problem != "" || first.Policies != 1 {
		t.Fatalf("%q %+v", said(t, s), first)
	}
	write(t, dir, "package a\ndeny contains \"two\" if true")
	s.Refresh(t.Context())
	if second := s.Sources(t.Context())[0]; said(t, s) != "two" || second.Version == first.Version {
		t.Errorf("%q %+v", said(t, s), second)
	}
	write(t, dir, "package a\ndeny contains nothing")
	s.Refresh(t.Context())
	if st := s.Sources(t.Context())[0]; said(t, s) != "two" || !strings.Contains(st.Why(), "a.rego:2") {
		t.Errorf("%q %+v", said(t, s), st)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.Refresh(t.Context())
	if st := s.Sources(t.Context())[0]; said(t, s) != "two" || st.Problem == "" {
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

// settled is a shipped rule that reads settings, with an index or without, beside folders.
func settled(t *testing.T, indexed bool, dirs ...string) *live.Sets {
	t.Helper()
	tree := fstest.MapFS{"a.rego": {Data: []byte("package shipped\ndeny contains data.settings.word if true\ndeny contains \"default\" if not data.settings.word")}}
	var index policy.Index
	if indexed {
		index = policy.Index{{File: "a.rego", ID: "shipped", Rule: "deny", Level: policy.HardMandatory}}
	}
	sources := []live.Source{live.Embedded("terrace", tree, index)}
	for _, dir := range dirs {
		sources = append(sources, live.Folder(dir))
	}
	return live.New(policy.Folder{}, slog.New(slog.DiscardHandler), sources...)
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Settings that cannot be read now are as they were last, not as if there were none.
func TestSettingsOutliveTheirSource(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(t *testing.T, dir string){
		"gone":   func(t *testing.T, dir string) { t.Helper(); _ = os.RemoveAll(dir) },
		"broken": func(t *testing.T, dir string) { t.Helper(); put(t, dir, "data.yaml", "settings: {word: [") },
	} {
		for _, indexed := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "rules")
				put(t, dir, "data.yaml", "settings: {word: ours}\n")
				s := settled(t, indexed, dir)
				s.Refresh(t.Context())
				if said(t, s) != "ours" {
					t.Fatalf("got %q", said(t, s))
				}
				harm(t, dir)
				for range 2 {
					s.Refresh(t.Context())
					if all := s.Sources(t.Context()); said(t, s) != "ours" || all[0].Problem != "" || all[1].Problem == "" {
						t.Errorf("harmed: %q %+v", said(t, s), all)
					}
				}
				put(t, dir, "data.yaml", "settings: {word: new}\n")
				s.Refresh(t.Context())
				if all := s.Sources(t.Context()); said(t, s) != "new" || all[1].Problem != "" {
					t.Errorf("mended: %q %+v", said(t, s), all)
				}
			})
		}
	}
}

// Two folders whose data contradict each other break neither, yet what is shipped
// would have both: it stays as it was, and says so.
func TestSettingsThatContradictKeepTheLastGood(t *testing.T) {
	t.Parallel()
	for _, indexed := range []bool{false, true} {
		one, two := t.TempDir(), t.TempDir()
		put(t, one, "data.yaml", "settings: {word: ours}\n")
		s := settled(t, indexed, one, two)
		s.Refresh(t.Context())
		put(t, two, "data.yaml", "settings: {word: theirs}\n")
		for range 2 {
			s.Refresh(t.Context())
			if all := s.Sources(t.Context()); said(t, s) != "ours" || all[0].Problem == "" {
				t.Errorf("index %v: %q %+v", indexed, said(t, s), all)
			}
		}
		put(t, two, "data.yaml", "other: {}\n")
		s.Refresh(t.Context())
		if all := s.Sources(t.Context()); said(t, s) != "ours" || all[0].Problem != "" {
			t.Errorf("index %v: mended: %q %+v", indexed, said(t, s), all)
		}
	}
}

// Whoever asks first may leave; what is loaded is for all.
func TestWhoAsksFirstMayLeave(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{"a.rego": {Data: []byte("package a\ndeny contains \"one\" if true")}}
	s := live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Source{Name: "a", Tree: func(ctx context.Context) (fs.FS, error) { return tree, ctx.Err() }})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.Eval(ctx, policy.Input{Document: map[string]any{}}, rego.Options{}); err == nil {
		t.Error("who left is told of success")
	}
	if said(t, s) != "one" {
		t.Errorf("got %q", said(t, s))
	}
}
