package budget

import "context"

// What is measured of budgets.
const (
	// MeasureWhole counts the budgets of a whole tenant.
	MeasureWhole = "budgets/whole"
	// MeasureProjects is how many percent of the projects have a budget of their own.
	MeasureProjects = "budgets/projects-percent"
	// MeasureHolding counts the budgets that runs are held against before they spend.
	MeasureHolding = "budgets/holding"
)

// Measures tells how a tenant with these projects is budgeted. It asks nobody.
func (s *Service) Measures(ctx context.Context, tenant string, projects []string) (map[string]float64, error) {
	all, err := s.Store.List(ctx, tenant)
	if err != nil {
		return nil, err
	}
	m := map[string]float64{MeasureWhole: 0, MeasureHolding: 0}
	has := map[string]bool{}
	for _, b := range all {
		if b.Stage == "" && b.Workload == "" {
			has[b.Project] = true
			if b.Project == "" {
				m[MeasureWhole]++
			}
		}
		if b.Unpriced != Warn || len(s.Doubts(b)) == 0 {
			m[MeasureHolding]++
		}
	}
	covered := 0
	for _, p := range projects {
		if has[p] {
			covered++
		}
	}
	if len(projects) > 0 {
		m[MeasureProjects] = 100 * float64(covered) / float64(len(projects))
	}
	return m, nil
}
