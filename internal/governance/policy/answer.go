package policy

// Answer is a report as programs read it, from the client alone or from a server.
type Answer struct {
	Summary Summary  `json:"summary"`
	Results []Result `json:"results"`
	Notices []Notice `json:"notices,omitempty"`
}

// Summary counts what an answer has.
type Summary struct {
	// Policies is how many were asked.
	Policies   int  `json:"policies"`
	Violations int  `json:"violations"`
	Warnings   int  `json:"warnings"`
	Exceptions int  `json:"exceptions"`
	Exempted   int  `json:"exempted"`
	Errors     int  `json:"errors"`
	Blocked    bool `json:"blocked"`
	TookMS     int  `json:"tookMs"`
}

// Answer is the report for programs.
func (r Report) Answer() Answer {
	return Answer{Results: r.Results, Notices: r.Notices, Summary: Summary{
		Policies: len(r.Evaluated), Violations: r.Count(Violated), Warnings: r.Count(Warned), Exceptions: r.Count(Excepted),
		Exempted: r.Count(Exempted), Errors: r.Count(Errored), Blocked: r.Blocked(), TookMS: int(r.Took.Milliseconds()),
	}}
}
