package domain

// Opened counts the domains whose certificates this process can show, and those whose keys
// it cannot open, so that their hosts have another certificate meanwhile.
func (s *Service) Opened() (shown, closed int) {
	for _, h := range s.table.Load().domains {
		switch {
		case h.revision == 0: // the last load could not open it
			closed++
		case h.cert != nil:
			shown++
		}
	}
	return shown, closed
}
