package leakscan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lucasjones/reggen"
	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

func bare(t testing.TB) *detect.Detector {
	t.Helper()
	logging.Logger = logging.Logger.Level(zerolog.Disabled)
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAgreementWithGitleaks makes a text of each rule's expression and has both look at
// it, alone and within other words: they are to tell the same of the same values.
func TestAgreementWithGitleaks(t *testing.T) {
	t.Parallel()
	d, s := bare(t), leakscan.New()
	key := []byte("k")
	words := strings.Repeat("some words without a meaning, of a log\n", 8)
	agreed := 0
	for id, r := range d.Config.Rules {
		if r.Regex == nil {
			continue
		}
		g, err := reggen.NewGenerator(strings.ReplaceAll(r.Regex.String(), `\z`, ""))
		if err != nil {
			continue
		}
		g.SetSeed(1)
		for range 1 {
			text := words + "x " + g.Generate(20) + " \n" + words
			var want, got []string
			for _, f := range d.DetectString(text) {
				want = append(want, fmt.Sprintf("%s %s", f.RuleID, leakscan.Fingerprint(key, f.Secret)))
			}
			for _, m := range scan(t, s, text, leakscan.Source{Key: key}).Matches {
				got = append(got, fmt.Sprintf("%s %s", m.Rule, m.Fingerprint))
			}
			slices.Sort(want)
			slices.Sort(got)
			want, got = slices.Compact(want), slices.Compact(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s: gitleaks tells %d findings %q, and this %q, of %q", id, len(want), want, got, text[len(words):len(text)-len(words)])
			}
			if len(want) > 0 {
				agreed++
			}
		}
	}
	if agreed < 150 {
		t.Errorf("only %d texts had findings", agreed)
	}
}
