package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// verifying are the flags of terrace audit verify.
type verifying struct {
	file, head, key string
	from, to        int64
}

func verify(e *command.Env) *cobra.Command {
	var v verifying
	c := &cobra.Command{
		Use: "verify", Short: "Check that no entry was changed, removed, put in or cut off", Args: cobra.NoArgs,
		Long: "The client reads the log itself, or a file that was exported, and holds it against its own hashes and the heads\n" +
			"that were signed. Who can write in the database, and has the code, can forge a log whose hashes are right: that\n" +
			"shows with --head, a file of heads that was kept elsewhere, and with --key, the first key that was ever shown.\n" +
			"It exits with 0 where all is as it was written, and with another code where it is not; see docs/reference/exit-codes.md.",
		Example: "  terrace audit verify\n  terrace audit verify --head witness/heads.txt --key \"$(cat witness/key.txt)\"\n" +
			"  terrace audit verify --file audit.jsonl --key terrace.example.com/audit+…",
		RunE: func(c *cobra.Command, _ []string) error {
			if v.file != "" && (v.from != 0 || v.to != 0) {
				return exit.Wrong("a file is checked whole").WithFix("leave --from and --to out")
			}
			if v.to != 0 && v.from > v.to {
				return exit.Wrong("there is nothing to check from entry %d to entry %d", v.from, v.to).WithFix("give the smaller number with --from")
			}
			o := chain.Options{Key: v.key, Progress: progress(e)}
			if v.file == "" && v.to == 0 {
				o.Now = e.Clock.Now()
			}
			if v.head != "" {
				kept, err := headsIn(v.head)
				if err != nil {
					return err
				}
				o.Witness = kept
			}
			r, err := v.check(c.Context(), e, o)
			if err != nil {
				return err
			}
			return told(e, r)
		},
	}
	f := c.Flags()
	f.StringVar(&v.file, "file", "", "check this export, without a server")
	f.StringVar(&v.head, "head", "", "a file of heads that a witness has kept, see terrace audit heads keep")
	f.StringVar(&v.key, "key", "", "the first key of heads, which is trusted; the log's own unless given")
	command.Number(c, &v.from, "from", 0, "the number of the first entry", 1, 1<<62)
	command.Number(c, &v.to, "to", 0, "the number of the last entry", 1, 1<<62)
	return c
}

func progress(e *command.Env) func(last, to int64) {
	if !e.Terminal {
		return nil
	}
	return func(last, to int64) { _, _ = fmt.Fprintf(e.Err, "\rentry %d of %d", last, to) }
}

// check reads the log of the server, or a file.
func (v verifying) check(ctx context.Context, e *command.Env, o chain.Options) (chain.Verified, error) {
	r, name, err := v.open(ctx, e)
	if err != nil {
		return chain.Verified{}, err
	}
	defer func() { _ = r.Close() }()
	found, err := chain.Verify(r, o)
	if o.Progress != nil {
		_, _ = fmt.Fprint(e.Err, "\r\033[K")
	}
	switch {
	case errors.Is(err, chain.ErrKey):
		return found, kernel.Errorf(kernel.Invalid, "%w", err).WithFix("give the first key of the log with --key, whole and as it was shown: terrace audit keys list")
	case errors.Is(err, chain.ErrWitness):
		return found, command.InFile(v.head, "give a file that terrace audit heads keep has written for this log, and with --key the key that has signed it", "%s", err)
	case errors.Is(err, chain.ErrUnfinished) && v.file != "":
		return found, command.InFile(v.file, "go on with it: terrace audit export --continue --file "+v.file, "it ends before its end")
	case err != nil && v.file != "":
		return found, command.InFile(v.file, "give what terrace audit export has written, as jsonl", "%s", err)
	case err != nil:
		return found, kernel.Errorf(kernel.Unavailable, "%s cannot be checked: %w", name, err).WithFix("try again")
	}
	return found, nil
}

func (v verifying) open(ctx context.Context, e *command.Env) (io.ReadCloser, string, error) {
	if v.file != "" {
		f, err := command.Open(v.file)
		return f, v.file, err
	}
	s, err := e.Server()
	if err != nil {
		return nil, "", err
	}
	r, err := s.ExportAudit(ctx, apiclient.ExportAuditParams{From: v.from, To: v.to, For: apiclient.ExportAuditParamsForVerify})
	return r, "the audit log", err
}

// told prints what was found, and returns a break as the error that it is.
func told(e *command.Env, r chain.Verified) error {
	err := e.Print(r, func(w io.Writer) {
		if r.Broken != nil {
			return
		}
		_, _ = fmt.Fprintf(w, "%d entries form an unbroken chain, and %d signed heads agree\n", r.Entries, r.Heads)
		if !r.Pinned {
			_, _ = fmt.Fprintf(w, "the key of the heads was taken as the log has it, %s: name it with --key to know whose it is\n", r.Keys[0])
		}
	})
	if err == nil && r.Broken != nil {
		return kernel.Errorf(kernel.Refused, "the audit log is broken at entry %d, which is %s: %s", r.Broken.Seq, r.Broken.Kind, r.Broken.Reason).
			WithFix("compare with a backup; somebody changed it")
	}
	return err
}
