package githost

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// commands are what a push asks for, as git's protocol has them before the pack.
type commands struct {
	refs []vcs.Push
	// raw are their bytes.
	raw []byte
	// capabilities are what the client understands.
	capabilities map[string]bool
}

// readCommands reads up to the flush that ends the commands (gitprotocol-pack,
// "Reference Update Request and Packfile Transfer").
func readCommands(in io.Reader) (commands, error) {
	c := commands{capabilities: map[string]bool{}}
	for {
		line, err := c.packet(in)
		if err != nil {
			return c, err
		}
		if line == nil {
			return c, nil
		}
		if err := c.add(string(line)); err != nil {
			return c, err
		}
	}
}

// packet reads one line; nil is the flush.
func (c *commands) packet(in io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return nil, notGit(err)
	}
	c.raw = append(c.raw, size[:]...)
	n, err := strconv.ParseUint(string(size[:]), 16, 16)
	if err != nil || n > 0 && n < 4 {
		return nil, notGit(err)
	}
	if n == 0 {
		return nil, nil
	}
	line := make([]byte, n-4)
	if _, err := io.ReadFull(in, line); err != nil {
		return nil, notGit(err)
	}
	c.raw = append(c.raw, line...)
	return line, nil
}

func notGit(err error) error {
	if kernel.Is(err, kernel.TooLarge) {
		return err
	}
	return kernel.Errorf(kernel.Invalid, "that is no push of git")
}

func (c *commands) add(line string) error {
	line, capabilities, _ := strings.Cut(line, "\x00")
	for word := range strings.FieldsSeq(capabilities) {
		c.capabilities[word] = true
	}
	line = strings.TrimSuffix(line, "\n")
	if strings.HasPrefix(line, "shallow ") {
		return nil
	}
	f := strings.SplitN(line, " ", 3)
	if len(f) != 3 || !gitexec.IsObject(f[0]) || !gitexec.IsObject(f[1]) {
		return notGit(nil)
	}
	if len(c.refs) == maxRefs {
		return kernel.Errorf(kernel.TooLarge, "a push moves at most %d refs", maxRefs)
	}
	c.refs = append(c.refs, vcs.Push{Before: f[0], After: f[1], Ref: f[2]})
	return nil
}

// refuse answers that no ref was moved, with the reason for each, as git shows it
// to its user.
func (c *commands) refuse(w http.ResponseWriter, denied []vcs.Denied) error {
	why := map[string]string{}
	for _, d := range denied {
		why[d.Ref] = d.Why
	}
	var report bytes.Buffer
	packet(&report, "unpack ok\n")
	for _, ref := range c.refs {
		reason := why[ref.Ref]
		if reason == "" {
			reason = "another ref of the same push is refused"
		}
		packet(&report, "ng "+ref.Ref+" "+reason+"\n")
	}
	report.WriteString("0000")
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	w.WriteHeader(http.StatusOK)
	if !c.capabilities["side-band-64k"] {
		_, _ = report.WriteTo(w) // the client's end
		return nil
	}
	var band bytes.Buffer
	for report.Len() > 0 {
		packet(&band, "\x01"+string(report.Next(60<<10)))
	}
	band.WriteString("0000")
	_, _ = band.WriteTo(w) // the client's end
	return nil
}

// say puts a line before an answer of git's that its client shows to its user, where it can
// (gitprotocol-capabilities, "side-band-64k").
func (c *commands) say(answer *bytes.Buffer, text string) {
	if !c.capabilities["side-band-64k"] {
		return
	}
	var said bytes.Buffer
	packet(&said, "\x02"+text+"\n")
	_, _ = answer.WriteTo(&said)
	*answer = said
}

// packet writes one line of git's protocol.
func packet(to *bytes.Buffer, line string) {
	const hex = "0123456789abcdef"
	n := len(line) + 4
	to.Write([]byte{hex[n>>12&15], hex[n>>8&15], hex[n>>4&15], hex[n&15]})
	to.WriteString(line)
}
