package runs

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Word is what a person decides about exactly the dossier that is shown: an
// approval, or an override of a gate.
type Word struct {
	Reason string

	digest string
	yes    bool
}

// Flags adds the word's flags but the reason's; verb is what is done, in lower case.
func (d *Word) Flags(c *cobra.Command, verb string) {
	c.Flags().StringVar(&d.digest, "digest", "", verb+" only if the dossier has this digest; needs no confirmation")
	c.Flags().BoolVarP(&d.yes, "yes", "y", false, verb+" without asking")
}

// Ask shows the dossier of a run and asks whether it is meant. It returns the digest
// that the word is for.
func (d *Word) Ask(c *cobra.Command, e *command.Env, id, question string) (s command.Server, project string, digest kernel.Digest, err error) {
	if s, project, err = e.Project(c.Context()); err != nil {
		return s, project, "", err
	}
	found, err := s.Dossier(c.Context(), project, id)
	if err != nil {
		return s, project, "", err
	}
	if d.digest != "" && kernel.Digest(d.digest) != found.Digest {
		return s, project, "", kernel.Errorf(kernel.Stale, "the dossier of %s has the digest %s, not %s", id, found.Digest, d.digest).WithFix("read it again: what would be applied has changed")
	}
	writeAsked(e, found)
	return s, project, found.Digest, e.Confirm(d.yes || d.digest != "", question+" "+found.Digest.Short()+"?")
}

func writeAsked(e *command.Env, found apiclient.GetDossierResponse) {
	_ = output.Shown(e.Err, func(w io.Writer) { // a person is asked next
		WriteDossier(w, found, Short(), e.Clock.Now())
		_, _ = fmt.Fprintf(w, "  digest: %s\n", found.Digest)
	})
}
