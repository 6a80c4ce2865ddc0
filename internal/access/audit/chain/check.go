package chain

import (
	"slices"
	"strconv"
	"time"
)

// shifts is how far an entry is looked for from its place, to tell what happened.
const shifts = 100

// SignedWithin is how old an entry is at most of which, or of what follows, no head is signed
// while the platform runs: it signs far more often.
const SignedWithin = time.Hour

// HeadSigned is the type of the entry that tells of a head: its subject is the number of the
// entry that the head is of.
const HeadSigned = "audit_head.signed"

// maxRecent is how many heads can come before the entries that tell of them.
const maxRecent = 16

// Checker follows a chain from a place on, with the heads that were signed of it. It
// keeps neither entries nor heads, so a chain may be of any length. Once it has found a
// break it looks no further.
type Checker struct {
	Tenant string
	Keys   Keys
	report Report
	at     Place
	// signed is the place of the last head that agreed, before the checked range 0.
	signed int64
	head   Head
	// held is an entry that came too early: what it means is known with the next one. So
	// is early, a head before its entry.
	held  *Entry
	early Head
	// witness are heads that somebody else has kept, by their numbers.
	witness map[int64]Head
	last    int64
	// recent are the entries that the last heads were of.
	recent []int64
	// now is when the whole log was read, zero for a part of it, and unsigned the first entry
	// of which no head was seen, nor of one after it.
	now      time.Time
	unsigned Entry
	// upTo is the number of the last entry that was written, 0 where that is not known.
	upTo int64
	// gone is the number of an entry in whose place another one is, 0 for none: whether it was
	// taken out, or is in another place, shows in those that follow, of which looked are.
	gone, looked int64
}

// NewChecker begins after a place, the zero Place for all of the chain.
func NewChecker(tenant string, after Place, keys Keys) *Checker {
	return &Checker{Tenant: tenant, Keys: keys, at: after, signed: after.Seq, report: Report{From: after.Seq + 1, Last: after.Seq, Head: after.Hash}}
}

// Witness adds heads that were kept elsewhere. A head of an entry before the checked
// range is not looked at.
func (c *Checker) Witness(heads []Head) {
	if c.witness == nil {
		c.witness = map[int64]Head{}
	}
	for _, h := range heads {
		if other, ok := c.witness[h.Seq]; ok && other.Hash != h.Hash {
			c.found(broken(h.Seq, Forked, "two heads that were signed of it name other hashes: the platform has shown two histories"))
			return
		}
		c.witness[h.Seq] = h
		c.last = max(c.last, h.Seq)
	}
}

// Now says that the log is read to its end, and when: heads are missing where the newest is
// older than it can be.
func (c *Checker) Now(at time.Time) { c.now = at }

// UpTo says which entry was written last: what is beyond it was put in.
func (c *Checker) UpTo(seq int64) { c.upTo = seq }

// Beyond tells of an entry that is there beyond the last that was written.
func (c *Checker) Beyond(seq int64) {
	c.found(broken(seq, Inserted, "it was put in beyond the end: the last entry that was written is %d", max(c.upTo, c.at.Seq)))
}

// Broken reports whether a break was found.
func (c *Checker) Broken() bool { return c.report.Broken != nil }

// Report returns what was found so far.
func (c *Checker) Report() Report { return c.report }

func (c *Checker) found(b *Break) {
	if c.report.Broken == nil {
		c.report.Broken = b
	}
}

// Entry checks the next entry; text is its JSON as it was read, nil for what the entry
// itself gives.
func (c *Checker) Entry(e Entry, text []byte) error {
	if c.Broken() {
		return nil
	}
	if c.gone != 0 {
		return c.seek(e)
	}
	next := c.at.Seq + 1
	switch {
	case c.upTo > 0 && e.Seq > c.upTo:
		c.Beyond(e.Seq)
	case c.early.Seq != 0:
		c.found(missing(next, c.early.Seq+1))
	case c.held != nil && e.Seq == next:
		c.found(broken(next, Reordered, "entry %d comes before it", c.held.Seq))
	case c.held != nil:
		c.found(missing(next, c.held.Seq))
	case e.Seq < next:
		c.found(broken(e.Seq, Inserted, "there is a second entry of its number"))
	case e.Seq > next:
		c.held = &e
	default:
		return c.follow(e, text)
	}
	return nil
}

func missing(first, there int64) *Break {
	if there == first+1 {
		return broken(first, Removed, "it is missing")
	}
	return broken(first, Removed, "the entries up to %d are missing", there-1)
}

// follow checks an entry that is in its place.
func (c *Checker) follow(e Entry, text []byte) (err error) {
	if text == nil {
		if text, err = e.Text(); err != nil {
			return err
		}
	}
	switch {
	case e.Tenant != c.Tenant:
		c.found(broken(e.Seq, Inserted, "it is of the tenant %s", e.Tenant))
	case sumOf(text) != e.Hash:
		return c.diagnose(e)
	case e.Prev != c.at.Hash && c.report.Entries > 0:
		c.found(broken(c.at.Seq, Changed, "it was replaced: the entry after it follows another one"))
	case e.Prev != c.at.Hash:
		c.found(broken(e.Seq, Forked, "it does not follow the entry before it"))
	default:
		c.at = Place{Seq: e.Seq, Hash: e.Hash}
		c.report.Entries++
		c.report.Last, c.report.Head = e.Seq, e.Hash
		c.told(e)
		c.seen()
	}
	return nil
}

// told holds an entry that tells of a head against the heads that there are.
func (c *Checker) told(e Entry) {
	if e.Type != HeadSigned {
		if c.unsigned.Seq == 0 {
			c.unsigned = Entry{Seq: e.Seq, At: e.At}
		}
		return
	}
	of, err := strconv.ParseInt(e.Subject, 10, 64)
	if err == nil && of >= c.report.From && of < e.Seq && !slices.Contains(c.recent, of) {
		c.found(broken(of, Unsigned, "the head that was signed of it is missing: entry %d tells of it", e.Seq))
	}
}

// diagnose tells of an entry whose hash is wrong whether it has another number than when
// it was written: then others were put in or taken out before it.
func (c *Checker) diagnose(e Entry) error {
	moved := e
	for by := int64(1); by <= shifts; by++ {
		for _, seq := range []int64{e.Seq - by, e.Seq + by} {
			moved.Seq = seq
			sum, err := moved.Sum()
			if err != nil {
				return err
			}
			switch {
			case sum != e.Hash:
			case seq < e.Seq:
				c.found(broken(max(seq, 1), Inserted, "it was put in: what was entry %d has the number %d", seq, e.Seq))
				return nil
			default:
				c.gone = e.Seq
				return nil
			}
		}
	}
	c.found(broken(e.Seq, Changed, "its content is not what was written"))
	return nil
}

// seek looks whether an entry is the one in whose place another is.
func (c *Checker) seek(e Entry) error {
	moved := e
	moved.Seq = c.gone
	sum, err := moved.Sum()
	c.looked++
	switch {
	case err != nil:
		return err
	case sum == e.Hash:
		c.found(broken(c.gone, Reordered, "it has the number %d now", e.Seq))
	case c.looked >= shifts:
		c.settle()
	}
	return nil
}

// settle tells of an entry that was sought, and is nowhere.
func (c *Checker) settle() {
	if c.gone != 0 {
		c.found(broken(c.gone, Removed, "it was taken out: what came after it has its number"))
	}
}

// seen holds the place that was reached against the head that a witness has of it.
func (c *Checker) seen() {
	if h, ok := c.witness[c.at.Seq]; ok {
		c.agrees(h)
	}
}

// agrees compares a head with the place that was reached.
func (c *Checker) agrees(h Head) {
	if h.Hash != c.at.Hash {
		c.found(broken(c.signed+1, Forked, "the entries %d to %d are not those that were signed on %s", c.signed+1, h.Seq, stamp(h.At)))
		return
	}
	c.signed, c.unsigned = h.Seq, Entry{}
	c.report.Heads++
}

// Head checks a signed head, which comes after its entry.
func (c *Checker) Head(signed string) {
	if c.Broken() || c.gone != 0 {
		return
	}
	h, err := c.Keys.Open(signed)
	switch {
	case err != nil:
		c.found(broken(c.at.Seq, Unsigned, "a head after it: %s", err))
	case h.Tenant != c.Tenant:
		c.found(broken(c.at.Seq, Unsigned, "a head after it is of the tenant %s", h.Tenant))
	case c.head.text != "" && h.Previous != c.head.Sum():
		c.found(broken(c.head.Seq, Removed, "a head that was signed after it is missing"))
	case c.held != nil:
		c.found(missing(c.at.Seq+1, c.held.Seq))
	case h.Seq > c.at.Seq:
		if c.early.Seq == 0 {
			c.early = h
		}
	case h.Seq < c.at.Seq:
		c.found(broken(h.Seq, Reordered, "its head is not in its place"))
	default:
		c.head = h
		if c.recent = append(c.recent, h.Seq); len(c.recent) > maxRecent {
			c.recent = c.recent[1:]
		}
		c.agrees(h)
	}
}

// End checks that the chain reaches to a place; with the zero Place only to what
// witnesses have.
func (c *Checker) End(end Place) {
	next := c.at.Seq + 1
	c.settle()
	switch {
	case c.Broken():
	case end.Seq != 0 && end.Seq < c.at.Seq:
		c.found(broken(end.Seq+1, Inserted, "it was put in beyond the end: the last entry that was written is %d", end.Seq))
	case c.held != nil:
		c.found(missing(next, c.held.Seq))
	case c.early.Seq != 0:
		c.found(broken(next, Truncated, "the last entries are missing: a head was signed of entry %d", c.early.Seq))
	case end.Seq > c.at.Seq:
		c.found(broken(next, Truncated, "the last entries, up to %d, are missing", end.Seq))
	case end.Seq == c.at.Seq && end.Hash != c.at.Hash:
		c.found(broken(c.at.Seq, Changed, "it is not the one that was written last"))
	case c.last > c.at.Seq:
		c.found(broken(next, Truncated, "a witness has a head of entry %d", c.last))
	case !c.now.IsZero() && c.unsigned.Seq != 0 && c.now.Sub(c.unsigned.At) > SignedWithin:
		c.found(broken(c.unsigned.Seq, Unsigned, "no head is signed of it or of what follows, though it is of %s: either somebody has removed heads, or none are signed any more", stamp(c.unsigned.At)))
	}
}
