package leakvcs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// commit commits a file without pushing it; an empty one is removed.
func (b *bench) commit(branch, name, content string) string {
	b.t.Helper()
	b.git("checkout", "-q", "-B", branch)
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if content == "" {
		b.git("rm", "-q", "--cached", name)
	} else {
		b.git("add", name)
	}
	b.git("commit", "-q", "-m", name)
	if content == "" {
		if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
			b.t.Fatal(err)
		}
	}
	return b.git("rev-parse", "HEAD")
}

// TestWhatACommitTakesOutAgainIsFound: in a first push with a past, and in one push of several.
func TestWhatACommitTakesOutAgainIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	brought := b.commit("main", "a.env", "a=1\nkey: "+key+"\n")
	b.commit("main", "a.env", "")
	b.push("main", map[string]string{"README.md": "orders\n"})
	f := b.found(leak.Open, 1)[0]
	if !f.Place.Past || f.Place.Revision != brought || f.Place.String() != "orders/a.env:2:6, in the commit "+brought[:12] {
		t.Errorf("%+v", f.Place)
	}
	second := b.commit("main", "b.env", "key: AK"+"IAZ7TLWPZCQ3EGXK5H\n")
	b.commit("main", "b.env", "")
	b.push("main", map[string]string{"README.md": "more orders\n"})
	if f := b.found(leak.Open, 2)[0]; f.Place.Path != "b.env" || f.Place.Revision != second {
		t.Errorf("%+v", f.Place)
	}
	b.push("main", map[string]string{"a.env": "key: " + key + "\n"})
	vcstest.Eventually(t, "it is back", func() bool {
		for _, f := range b.found(leak.Open, 2) {
			if f.Place.Path == "a.env" && !f.Place.Past {
				return true
			}
		}
		return false
	})
	b.push("main", map[string]string{"a.env": ""})
	b.found(leak.Resolved, 1)
}

// TestAPullRequestThatTakesAValueOutAgainHasBroughtIt, also where nothing differs at its end;
// the names of files can be anything.
func TestAPullRequestThatTakesAValueOutAgainHasBroughtIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"README.md": "orders\n"})
	brought := b.commit("feature", "new\nline.env", "key: "+key+"\n")
	b.commit("feature", "new\nline.env", "")
	head := b.push("feature", map[string]string{"README.md": "orders\n\n"})
	p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: "feature", Title: "more"})
	if err != nil {
		t.Fatal(err)
	}
	c := b.checked(p.Number, head, vcs.Failed)
	if !strings.Contains(c.Message, `"new\nline.env":1:6: aws-access-token (AKIA…), in the commit `+brought[:12]) || strings.Contains(c.Message, "take this one out") {
		t.Error(c.Message)
	}
	again := b.push("feature", map[string]string{":(top)odd\tname": "key: AK" + "IAZ7TLWPZCQ3EGXK5H\n"})
	c = b.checked(p.Number, again, vcs.Failed)
	if !strings.Contains(c.Message, `":(top)odd\tname":1:6`) || !strings.Contains(c.Message, `line.env":1:6`) {
		t.Error(c.Message)
	}
	for _, f := range b.found(leak.Open, 2) {
		if f.Place.Pull != p.Number {
			t.Errorf("%+v", f.Place)
		}
	}
	if _, err := b.Merge(as(t, "admin"), vcstest.Shop(), "orders", p.Number, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("it is merged: %v", err)
	}
}

// TestWhatIsNotLookedAtIsTold: no text, and modules.
func TestWhatIsNotLookedAtIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"README.md": "orders\n"})
	b.git("checkout", "-q", "-B", "feature")
	if err := os.Mkdir(filepath.Join(b.dir, "module"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.git("update-index", "--add", "--cacheinfo", "160000,"+b.git("rev-parse", "HEAD")+",module")
	if err := os.Symlink("key: "+key, filepath.Join(b.dir, "link")); err != nil {
		t.Fatal(err)
	}
	head := b.push("feature", map[string]string{"logo.bin": "\x00\x01\x02" + strings.Repeat("\x00", 100)})
	p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: "feature", Title: "more"})
	if err != nil {
		t.Fatal(err)
	}
	c := b.checked(p.Number, head, vcs.Failed)
	if !strings.Contains(c.Report, "logo.bin: ") || !strings.Contains(c.Report, "module: it is a module") || !strings.Contains(c.Message, "link:1:6") {
		t.Errorf("%s\n%s", c.Message, c.Report)
	}
}
