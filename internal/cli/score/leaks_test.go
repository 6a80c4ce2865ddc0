package score_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/cli/score"
)

// token looks like one of GitHub's. It is put together so that nobody takes this file for a leak.
var token = "ghp_" + strings.Repeat("a1B2c3D4e5", 4)[:36]

func TestLeaksAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "app.conf", "# the settings\nkey = "+token+"\n")
	path := write(t, dir, "score.yaml", head+"      /etc/a:\n        source: app.conf\n    variables:\n      LOGIN: \"user:"+token+"\"\n      REFERENCE: ${secret:login}\n")
	f, err := score.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	found, err := f.Leaks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range found {
		got = append(got, strings.TrimPrefix(p.String(), dir+"/"))
	}
	const what = ": this looks like a secret (github-pat): ghp_… (keep it with terrace secret set, and write ${secret:NAME} in its place)"
	if diff := cmp.Diff([]string{"score.yaml:11:20" + what, "app.conf:2:7" + what}, got); diff != "" {
		t.Error(diff)
	}
}
