package gitexec_test

import (
	"bytes"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
)

func TestARepositoryWithoutACommitIsEmpty(t *testing.T) {
	t.Parallel()
	git, err := gitexec.Find()
	if err != nil {
		t.Skip("there is no git")
	}
	r := gitexec.Repo{Git: git, Dir: t.TempDir() + "/x.git"}
	for _, made := range []bool{false, true} {
		if made {
			if err := r.Init(t.Context(), "main"); err != nil {
				t.Fatal(err)
			}
		}
		if empty, err := r.Empty(t.Context()); err != nil || !empty {
			t.Errorf("made %t: %t, %v", made, empty, err)
		}
	}
	var out bytes.Buffer
	if err := r.Bundle(t.Context(), &out); err == nil {
		t.Errorf("a bundle of nothing has %d bytes", out.Len())
	}
}
