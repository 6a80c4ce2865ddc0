package subscription

// Stages knows which stages there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// stagesThere refuses a stage that there is not: nothing would ever be sent.
func (s *Service) stagesThere(spec Spec) error {
	named := stagesOf(spec.Filters)
	if spec.Sink.NATS != nil && spec.Sink.NATS.Stage != "" {
		named = append(named, spec.Sink.NATS.Stage)
	}
	if s.Stages == nil {
		return nil
	}
	for _, name := range named {
		if err := s.Stages.Check(name); err != nil {
			return err
		}
	}
	return nil
}

// stagesOf are those that filters name in full, wherever.
func stagesOf(filters []Filter) []string {
	var named []string
	for _, f := range filters {
		if stage := f.Exact["stage"]; stage != "" {
			named = append(named, stage)
		}
		named = append(named, stagesOf(f.All)...)
		named = append(named, stagesOf(f.Any)...)
		if f.Not != nil {
			named = append(named, stagesOf([]Filter{*f.Not})...)
		}
	}
	return named
}
