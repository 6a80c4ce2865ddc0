package source

// Trees tidies the trees, and says how many are kept.
func (s *Service) Trees() int {
	s.trees.tidy(s.Clock.Now())
	s.trees.mu.Lock()
	defer s.trees.mu.Unlock()
	return len(s.trees.all)
}
