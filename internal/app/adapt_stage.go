package app

import "github.com/terrace-idp/terrace/internal/delivery/stage"

// knownStages tells rooms which stages there are.
type knownStages struct{ stages *stage.Set }

func (a knownStages) Check(name string) error {
	_, err := a.stages.Get(name)
	return err
}

// Approved implements apispec.Stages.
func (a knownStages) Approved(name string) bool {
	st, err := a.stages.Get(name)
	return err == nil && st.Approvals.Count > 0
}
