package runlog

import (
	"bufio"
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// unfinished ends the names of files that are being written.
const unfinished = ".new"

// moveAll seals the logs that a former version has left in the clear.
func (l *Logs) moveAll(ctx context.Context) error {
	var errs []error
	for _, id := range l.left.plains() {
		if ctx.Err() != nil {
			break
		}
		errs = append(errs, l.movePlain(ctx, id))
	}
	return errors.Join(errs...)
}

// movePlain makes a part of the plain log of a run, if there is one. That of a run that
// is no more is removed: nobody can read it, and its tenant may have left.
func (l *Logs) movePlain(ctx context.Context, id string) error {
	if !l.left.isPlain(id) {
		return nil
	}
	l.moving.Lock()
	defer l.moving.Unlock()
	if !l.left.isPlain(id) {
		return nil
	}
	path := filepath.Join(l.Folder, id+plainExtension)
	tenant, err := l.Index.RunTenant(ctx, id)
	switch {
	case kernel.Is(err, kernel.NotFound):
		l.Log.WarnContext(ctx, "removed the log of a run that is no more", "run", id)
	case err != nil:
		return err
	default:
		part := l.plainPart()
		if err := l.sealPlain(ctx, tenant, id, part, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("seal the log of %s: %w", id, err)
		}
		l.left.add(id, part)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l.left.moved(id)
	return nil
}

// plainPart is the part that a plain log of this node becomes, the same at every try.
func (l *Logs) plainPart() string {
	sum := sha256.Sum256([]byte(l.Node))
	return "log_" + hex.EncodeToString(sum[:13])
}

func (l *Logs) sealPlain(ctx context.Context, tenant, id, part, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	info, err := from.Stat()
	if err != nil {
		return err
	}
	head, key, err := headOf(ctx, l.Sealer, tenant, id, part)
	if err != nil {
		return err
	}
	temporary := l.path(id, part) + unfinished
	to, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = to.Write(head)
	if err == nil {
		err = sealLines(to, key, from, info.ModTime())
	}
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return os.Rename(temporary, l.path(id, part))
}

// sealLines makes frames of lines: of those that were told within a second, since others
// may have told something between them. A line that a crash has left half is left out.
func sealLines(to io.Writer, key cipher.AEAD, from io.Reader, at time.Time) error {
	var f frame
	n, in := uint64(0), bufio.NewReader(from)
	flush := func() error {
		if len(f.lines) == 0 {
			return nil
		}
		_, err := to.Write(sealFrame(nil, key, n, f))
		n++
		f.lines = nil
		return err
	}
	for {
		line, err := in.ReadBytes('\n')
		if told := timeOf(line); told != nil {
			if told.IsZero() {
				told = &at
			}
			if told.Sub(f.at) >= time.Second || len(f.lines) > chunk/4 {
				if err := flush(); err != nil {
					return err
				}
				if told.After(f.at) {
					f.at = *told
				}
			}
			f.lines = append(f.lines, bytes.TrimRight(line, "\n")...)
			f.lines = append(f.lines, '\n')
		}
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
	}
}

// timeOf is when a line was told, nil where it is none.
func timeOf(line []byte) *time.Time {
	var e struct {
		Time time.Time `json:"time"`
	}
	if json.Unmarshal(line, &e) != nil {
		return nil
	}
	return &e.Time
}
