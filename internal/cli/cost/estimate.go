package cost

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/pricing"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
)

type estimateFlags struct {
	prices pricing.Prices
	usage  pricing.Usage
	plan   string
	// given are the values and files of values, in the order of the command line.
	given []static.Given
	// failUnpriced ends an estimate that lacks prices with an error.
	failUnpriced bool
}

func estimate(e *command.Env) *cobra.Command {
	var f estimateFlags
	c := &cobra.Command{
		Use: "estimate (--plan FILE | DIR)", Short: "Estimate what a plan or a configuration costs", Args: cobra.MaximumNArgs(1),
		Long: "The file is what `terraform show -json` writes of a plan; - reads it from the input. With a plan, the\n" +
			"difference to what runs is shown. A folder is read as it is, without Terraform, credentials or a server:\n" +
			"variables, locals, count, for_each, modules and functions are evaluated as far as their values are known.\n\n" +
			"The usage file tells what use is expected (resource_usage, by address). What has no price is listed, and\n" +
			"counted nowhere; --fail-on-unpriced makes it an error (exit code 1), as it does numbers of instances that are\n" +
			"not known. Prices are US dollars, a month has 730 hours.\n\n" +
			"Values are taken as terraform plan takes them, the later one counts: TF_VAR_NAME of the environment,\n" +
			"terraform.tfvars, terraform.tfvars.json, *.auto.tfvars and *.auto.tfvars.json, then --var and --var-file in\n" +
			"their order. terraform.workspace is that of TF_WORKSPACE, or the one that is selected in the folder.",
		Example: "  terraform show -json plan.out > plan.json && terrace cost estimate --plan plan.json\n" +
			"  terrace cost estimate ./infrastructure --usage usage.yml -o json\n" +
			"  terrace cost estimate ./infrastructure --var size=Standard_D4s_v5 --var-file prod.tfvars",
		RunE: func(c *cobra.Command, args []string) error { return unevaluated(f.run(c, e, args)) },
	}
	f.prices.Flags(c)
	f.usage.Flags(c)
	flags := c.Flags()
	flags.StringVar(&f.plan, "plan", "", "the plan, as JSON, or -")
	flags.Var(&given{into: &f.given}, "var", "a value of the configuration, NAME=VALUE (may be repeated)")
	flags.Var(&given{into: &f.given, files: true}, "var-file", "a file of values, named from the folder or from here (may be repeated)")
	flags.BoolVar(&f.failUnpriced, "fail-on-unpriced", false, "fail if something has no price, or a number of instances is not known")
	_ = c.MarkFlagFilename("plan", "json") // the flag was made above
	return c
}

func (f *estimateFlags) run(c *cobra.Command, e *command.Env, args []string) error {
	switch {
	case f.plan == "" && len(args) == 0:
		return exit.Wrong("a plan or a folder is missing").WithFix("give a plan with --plan FILE, or name a folder")
	case f.plan != "" && len(args) > 0:
		return exit.Wrong("--plan and the folder %s do not go together", args[0]).WithFix("leave one of them out: a plan has all that it needs")
	}
	estimator, _, err := f.prices.Estimator()
	if err != nil {
		return err
	}
	usage, err := f.usage.Read()
	if err != nil {
		return err
	}
	result, err := f.estimate(c, e, args, estimator, usage)
	if err != nil {
		return err
	}
	if err := e.Print(result, func(w io.Writer) { write(w, result) }); err != nil {
		return err
	}
	if f.failUnpriced && (!result.Complete() || len(result.Assumptions) > 0) {
		return &exit.UnpricedError{}
	}
	return nil
}

// unevaluated gives a failure to estimate the code that one to evaluate policies has.
func unevaluated(err error) error {
	if _, unpriced := errors.AsType[*exit.UnpricedError](err); err == nil || unpriced {
		return err
	}
	if _, usage := errors.AsType[*exit.UsageError](err); usage || errors.Is(err, context.Canceled) {
		return err
	}
	return &exit.PolicyError{Err: err}
}

// estimate prices a plan, against what runs, or a folder.
func (f *estimateFlags) estimate(c *cobra.Command, e *command.Env, args []string, by *cost.Estimator, usage *cost.Usage) (*cost.Estimate, error) {
	if f.plan == "" {
		return f.folder(c, e, args[0], by, usage)
	}
	if len(f.given) > 0 {
		return nil, &exit.UsageError{Err: errors.New("a plan has its values: --var and --var-file go with a folder"), Command: c.CommandPath()}
	}
	in, name := c.InOrStdin(), "the input"
	if f.plan != "-" {
		file, err := command.Open(f.plan)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in, name = file, f.plan
	}
	plan, err := planned.Read(name, in)
	if err != nil {
		return nil, err
	}
	return plan.Estimate(c.Context(), by, usage)
}

// folder prices what a configuration has.
func (f *estimateFlags) folder(c *cobra.Command, e *command.Env, dir string, by *cost.Estimator, usage *cost.Usage) (*cost.Estimate, error) {
	list, err := filled(f.given, dir)
	if err != nil {
		return nil, err
	}
	o := static.Options{Given: list}
	if e.Environ != nil {
		o.Environment = e.Environ()
	}
	set, err := static.Read(c.Context(), dir, o)
	if err != nil {
		return nil, err
	}
	result, err := by.Estimate(c.Context(), set, usage)
	if err == nil {
		result.Warnings = append(result.Warnings, usage.Warnings()...)
	}
	return result, err
}
