package planjson

// place is where in a value a scanner is.
type place struct {
	depth, most     int
	quoted, escaped bool
}

// through goes on in the value with part, and returns how much of part belongs to it and
// whether it ends there. The first byte of a value is no space.
func (p *place) through(part []byte) (n int, done bool) {
	for i, b := range part {
		switch {
		case p.escaped:
			p.escaped = false
		case p.quoted && b == '\\':
			p.escaped = true
		case p.quoted && b == '"':
			if p.quoted = false; p.depth == 0 {
				return i + 1, true
			}
		case p.quoted:
		default:
			if n, done := p.outside(i, b); done {
				return n, true
			}
		}
	}
	return len(part), false
}

// outside takes a byte that is in no text.
func (p *place) outside(i int, b byte) (n int, done bool) {
	switch b {
	case '"':
		p.quoted = true
	case '{', '[':
		p.depth++
		p.most = max(p.most, p.depth)
	case '}', ']':
		if p.depth == 0 {
			return i, true // of what it is in
		}
		if p.depth--; p.depth == 0 {
			return i + 1, true
		}
	case ',', ':', ' ', '\t', '\r', '\n':
		if p.depth == 0 {
			return i, true
		}
	}
	return 0, false
}
