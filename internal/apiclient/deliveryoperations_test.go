package apiclient_test

import (
	"context"
	"io"
	"strings"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// costCalls are those about what is paid.
func costCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	e := func(_ any, err error) error { return err }
	return map[string]func() error{
		"ImportCosts": func() error {
			p := apiclient.ImportCostsParams{Part: "east", OnError: "skip", DryRun: true, Files: []string{"a.csv"}}
			return e(c.ImportCosts(ctx, p, strings.NewReader("x")))
		},
		"CostImports":      func() error { return e(c.CostImports(ctx)) },
		"ForgetCostImport": func() error { return c.ForgetCostImport(ctx, "imp_1") },
		"CostRules":        func() error { return e(c.CostRules(ctx)) },
		"SetCostRules":     func() error { return e(c.SetCostRules(ctx, apiclient.SetCostRulesRequest{})) },
		"Compliance": func() error {
			return e(c.Compliance(ctx, apiclient.ListComplianceParams{Project: "shop", Stage: "dev", Workload: "orders", Outcome: "failing"}))
		},
		"ComplianceFindings": func() error {
			return e(c.ComplianceFindings(ctx, apiclient.ListComplianceFindingsParams{
				Project: "shop", Stage: "dev", Workload: "orders", Outcome: "failing", Rule: "r", Level: "advisory", Severity: "low", Control: "mcsb:DP-3",
			}))
		},
		"ComplianceFrameworks": func() error { return e(c.ComplianceFrameworks(ctx)) },
		"EvaluateCompliance":   func() error { return e(c.EvaluateCompliance(ctx, "shop", apiclient.EvaluateComplianceRequest{})) },
		"ComplianceReport": func() error {
			return e(c.ComplianceReport(ctx, apiclient.GetComplianceReportParams{
				Project: "shop", Framework: "mcsb", Stage: "dev", Workload: "orders", From: "2026-01-01", To: "2026-01-31",
			}))
		},
		"ExportComplianceReport": func() error {
			return c.ExportComplianceReport(ctx, apiclient.ExportComplianceReportParams{
				Project: "shop", Framework: "mcsb", Stage: "dev", Workload: "orders", From: "2026-01-01", To: "2026-01-31", Format: "csv",
			}, io.Discard)
		},
		"PreviewPolicies": func() error {
			return c.PreviewPolicies(ctx, apiclient.PreviewPoliciesParams{Project: "shop", Stage: "dev", Workload: "orders", Name: "n"}, nil,
				func(apiclient.ComplianceProgress) error { return nil })
		},
		"PreviewPolicyLevels": func() error {
			return c.PreviewPolicyLevels(ctx, apiclient.PreviewPolicyLevelsParams{Project: "shop", Stage: "dev", Workload: "orders"},
				apiclient.PreviewPolicyLevelsRequest{}, func(apiclient.ComplianceProgress) error { return nil })
		},
		"Showback": func() error {
			return e(c.Showback(ctx, apiclient.GetShowbackParams{Project: "shop", Month: "2026-10", By: []string{"stage"}, Basis: "billed"}))
		},
		"CostAnomalies": func() error {
			_, _, err := c.CostAnomalies(ctx, apiclient.ListCostAnomaliesParams{Project: "shop", Days: 7, Threshold: 5, Minimum: 1})
			return err
		},
		"Idle":             func() error { return e(c.Idle(ctx, apiclient.ListIdleParams{Project: "shop", QuietDays: 9})) },
		"Maturity":         func() error { return e(c.Maturity(ctx)) },
		"RequestExemption": func() error { return e(c.RequestExemption(ctx, "shop", apiclient.RequestExemptionRequest{})) },
		"EvaluatePolicies": func() error {
			p := apiclient.EvaluatePoliciesParams{Project: "shop", Stage: "dev", Target: "azure", Workload: "orders", Operation: "deploy", Name: "n"}
			return e(c.EvaluatePolicies(ctx, p, strings.NewReader("x")))
		},
		"Policies": func() error {
			return e(c.Policies(ctx, apiclient.ListPoliciesParams{
				Project: "shop", Text: "t", Set: "s", Type: "y", Control: "mcsb", Severity: "low", Level: "advisory", Stage: "dev",
			}))
		},
		"PolicyState": func() error { return e(c.PolicyState(ctx, "shop")) },
		"Exemptions": func() error {
			return e(c.Exemptions(ctx, apiclient.ListExemptionsParams{Project: "shop", Stage: "dev", Workload: "orders", Policy: "x", Status: "approved", All: true}))
		},
		"Exemption":          func() error { return e(c.Exemption(ctx, "shop", "exm_1")) },
		"ApproveExemption":   func() error { return e(c.ApproveExemption(ctx, "shop", "exm_1", "y")) },
		"RevokeExemption":    func() error { return e(c.RevokeExemption(ctx, "shop", "exm_1", "y")) },
		"AssignPolicies":     func() error { return e(c.AssignPolicies(ctx, "shop", apiclient.AssignPoliciesRequest{})) },
		"Assignments":        func() error { return e(c.Assignments(ctx, "shop")) },
		"AssignmentVersions": func() error { return e(c.AssignmentVersions(ctx, "shop", "pas_1")) },
		"RemoveAssignment":   func() error { return e(c.RemoveAssignment(ctx, "shop", "pas_1", "y")) },
		"AnswerMaturity":     func() error { return e(c.AnswerMaturity(ctx, apiclient.AnswerMaturityRequest{})) },
	}
}

// repositoryCalls are those about repositories and pull requests.
func repositoryCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	const p, r = "shop", "orders"
	e := func(_ any, err error) error { return err }
	return map[string]func() error{
		"Repositories":       func() error { return e(c.Repositories(ctx, p)) },
		"Repository":         func() error { return e(c.Repository(ctx, p, r)) },
		"CreateRepository":   func() error { return e(c.CreateRepository(ctx, p, apiclient.CreateRepositoryRequest{})) },
		"ConnectRepository":  func() error { return e(c.ConnectRepository(ctx, p, apiclient.ConnectRepositoryRequest{})) },
		"RenewRepository":    func() error { return e(c.RenewRepository(ctx, p, r, apiclient.RenewRepositoryRequest{})) },
		"ProtectRepository":  func() error { return e(c.ProtectRepository(ctx, p, r, apiclient.VcsProtection{})) },
		"DeleteRepository":   func() error { return c.DeleteRepository(ctx, p, r) },
		"Webhooks":           func() error { return e(c.Webhooks(ctx, p, r, 200)) },
		"Bind":               func() error { return e(c.Bind(ctx, p, r, "api", apiclient.BindRepositoryRequest{})) },
		"Identify":           func() error { return e(c.Identify(ctx, p, r, "octocat", apiclient.IdentifyLoginRequest{})) },
		"Unidentify":         func() error { return c.Unidentify(ctx, p, r, "octocat") },
		"Identities":         func() error { return e(c.Identities(ctx, p, r)) },
		"Bindings":           func() error { return e(c.Bindings(ctx, p, r)) },
		"Unbind":             func() error { return c.Unbind(ctx, p, r, "api") },
		"PullRequests":       func() error { return e(c.PullRequests(ctx, p, r, "open")) },
		"PullRequest":        func() error { return e(c.PullRequest(ctx, p, r, 1)) },
		"CreatePullRequest":  func() error { return e(c.CreatePullRequest(ctx, p, r, apiclient.CreatePullRequestRequest{})) },
		"CommentPullRequest": func() error { return e(c.CommentPullRequest(ctx, p, r, 1, "text")) },
		"ApprovePullRequest": func() error { return e(c.ApprovePullRequest(ctx, p, r, 1, "abc")) },
		"PlanPullRequest":    func() error { return e(c.PlanPullRequest(ctx, p, r, 1)) },
		"ApplyPullRequest":   func() error { return e(c.ApplyPullRequest(ctx, p, r, 1)) },
		"MergePullRequest":   func() error { return e(c.MergePullRequest(ctx, p, r, 1, "abc")) },
		"ClosePullRequest":   func() error { return e(c.ClosePullRequest(ctx, p, r, 1)) },
	}
}

// sourceCalls are those about repositories that are the source of truth.
func sourceCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	e := func(_ any, err error) error { return err }
	return map[string]func() error{
		"Sources":           func() error { return e(c.Sources(ctx)) },
		"Source":            func() error { return e(c.Source(ctx, "platform")) },
		"AddSource":         func() error { return e(c.AddSource(ctx, apiclient.AddSourceRequest{})) },
		"DiffSource":        func() error { return e(c.DiffSource(ctx, "platform")) },
		"SyncSource":        func() error { return e(c.SyncSource(ctx, "platform")) },
		"AllowSource":       func() error { return e(c.AllowSource(ctx, "platform", apiclient.AllowSourceRequest{})) },
		"TrustSourceBuilds": func() error { return e(c.TrustSourceBuilds(ctx, "platform", apiclient.TrustSourceBuildsRequest{})) },
		"TrustSource":       func() error { return e(c.TrustSource(ctx, "platform", apiclient.TrustSourceRequest{})) },
		"RemoveSource":      func() error { return c.RemoveSource(ctx, "platform") },
	}
}
