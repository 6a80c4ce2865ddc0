package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// mostWitness bounds a file of heads.
	mostWitness = 64 << 20
	// mostHeads bounds how many are looked for.
	mostHeads = 100_000
)

func listHeads(e *command.Env) *cobra.Command {
	var limit int64
	c := &cobra.Command{
		Use: "list", Short: "List the signed heads, the newest first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace audit heads list --limit 5\n  terrace audit heads list -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			heads, err := s.AuditHeads(ctx, limit)
			return command.PrintFound(e, heads, err, []string{"ENTRY", "TIME", "HASH", "KEY"}, func(h apiclient.AuditHead) []string {
				return []string{fmt.Sprint(h.Seq), output.Stamp(h.At), h.Hash, h.Key}
			})
		}),
	}
	command.Number(c, &limit, "limit", 50, "how many at most", 1, mostHeads)
	return c
}

func signHead(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "sign", Short: "Have a head signed now, and show it", Args: cobra.NoArgs,
		Long:    "Heads are signed every ten minutes while something happens. The server signs none of a log that was rewritten.",
		Example: "  terrace audit heads sign >> head.txt",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			h, err := s.SignAuditHead(ctx)
			if err != nil {
				return err
			}
			return e.Print(h, func(w io.Writer) { _, _ = io.WriteString(w, h.Note) })
		}),
	}
}

func keepHeads(e *command.Env) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "keep FILE", Short: "Add the heads to a file that are not in it yet", Args: cobra.ExactArgs(1),
		Long: "The file is a witness: keep it where the platform cannot write, such as a Git repository of its own, and give it to\n" +
			"terrace audit verify --head. Each new head is checked to follow the one before it; one that does not is a\n" +
			"log that was rewritten, and nothing is added.",
		Example: "  terrace audit heads keep witness/heads.txt",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			had, err := readHeads(args[0])
			if err != nil {
				return err
			}
			added, err := keep(ctx, s, args[0], key, had)
			if err != nil {
				return err
			}
			return e.Print(map[string]int{"kept": len(had) + added, "added": added}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d heads were added, %s has %d\n", added, args[0], len(had)+added)
			})
		}),
	}
	c.Flags().StringVar(&key, "key", "", "the first key of heads, which is trusted; the server's unless given, see terrace audit keys list")
	return c
}

// readHeads returns the heads of a file, none of one that there is not.
func readHeads(path string) ([]string, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return headsIn(path)
}

func headsIn(path string) ([]string, error) {
	raw, err := command.Read(path, mostWitness)
	if err != nil {
		return nil, err
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil, nil
	}
	notes, err := chain.Split(string(raw))
	if err != nil {
		return nil, command.InFile(path, "keep heads with terrace audit heads keep", "%s", err)
	}
	return notes, nil
}

// keep adds what is new to the file.
func keep(ctx context.Context, s command.Server, path, key string, had []string) (int, error) {
	keys, err := trusted(ctx, s, key)
	if err != nil {
		return 0, err
	}
	var last chain.Head
	for i, signed := range had {
		if last, err = keys.Open(signed); err != nil {
			return 0, command.InFile(path, "give the key that has signed it with --key", "head %d: %s", i+1, err)
		}
	}
	heads, err := s.AuditHeads(ctx, mostHeads)
	if err != nil {
		return 0, err
	}
	slices.Reverse(heads)
	var text strings.Builder
	added, met := 0, last.Seq == 0
	for _, one := range heads {
		h, err := keys.Open(one.Note)
		if err != nil {
			return 0, rewritten(one.Seq, "its head: "+err.Error())
		}
		if h.Seq < last.Seq {
			continue
		}
		if err := follows(h, last); err != nil {
			return 0, err
		}
		if met = true; h.Seq == last.Seq {
			continue
		}
		if len(had)+added > 0 {
			text.WriteString("\n")
		}
		text.WriteString(one.Note)
		last, added = h, added+1
	}
	if !met {
		return 0, rewritten(last.Seq, "the server has no head of it any more")
	}
	if added == 0 {
		return 0, nil
	}
	return added, appendTo(path, text.String())
}

// follows refuses a head that is neither the last one that is kept nor the next one.
func follows(h, last chain.Head) error {
	switch {
	case h.Seq == last.Seq && h.Sum() != last.Sum():
		return rewritten(h.Seq, "the server has another head of it than the file")
	case h.Seq > last.Seq && last.Seq > 0 && h.Previous != last.Sum():
		return rewritten(h.Seq, fmt.Sprintf("its head does not follow that of entry %d", last.Seq))
	}
	return nil
}

func rewritten(seq int64, why string) error {
	return kernel.Errorf(kernel.Refused, "the audit log was rewritten at or before entry %d: %s", seq, why).
		WithFix("keep the file as it is, and see terrace audit verify --head")
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the file %s cannot be written: %w", path, err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// trusted are the keys that follow from the one given, or from the server's first.
func trusted(ctx context.Context, s command.Server, key string) (chain.Keys, error) {
	told, err := s.AuditKeys(ctx)
	if err != nil {
		return chain.Keys{}, err
	}
	all := make([]chain.Key, 0, len(told))
	for _, k := range told {
		all = append(all, chain.Key{ID: k.ID, Verifier: k.Verifier, From: k.From, Introduced: k.Introduced})
	}
	if key == "" && len(all) > 0 {
		key = all[0].Verifier
	}
	keys, err := chain.Trust(key, all)
	if err != nil {
		return keys, kernel.Errorf(kernel.Invalid, "%w", err).WithFix("give one that terrace audit keys list shows")
	}
	return keys, nil
}
