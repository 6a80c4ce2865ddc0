package policy

// Context is what Terrace knows around a plan; policies read it at input.terrace.
type Context struct {
	Tenant  string `json:"tenant,omitempty"`
	Project string `json:"project,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Target  string `json:"target,omitempty"`
	Runtime string `json:"runtime,omitempty"`
	// Operation is deploy, promote, rollback, refresh or destroy.
	Operation string `json:"operation,omitempty"`
	// Requester is who asked for the run.
	Requester string `json:"requester,omitempty"`
	// Workload, Graph, Cost and Previous are documents as the API has them.
	Workload any `json:"workload,omitempty"`
	Graph    any `json:"graph,omitempty"`
	Cost     any `json:"cost,omitempty"`
	// Previous is what runs now, before this run.
	Previous any `json:"previous,omitempty"`
}

// Input is one document that policies are evaluated over.
type Input struct {
	// Document has the fields of `terraform show -json` at its top.
	Document map[string]any
	// Written are the resource_changes of the document as its text has them, one for each,
	// where that is known. Who changes one in the document sets it to nil here: what
	// policies said of a text is told again of the same one.
	Written [][]byte
	Context Context
	// Found is what breaks native policies, by their id. One that is not named is not asked,
	// and where nothing breaks one it has nothing. Of the results, what the policy says of all
	// of them may be left out.
	Found map[string][]Result
	// Notices are what the document leaves out: no policy can judge that.
	Notices []Notice
}
