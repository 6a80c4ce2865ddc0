package landingzone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/tfvariables"
)

// unread is what an input has whose secrets are not read.
const unread = "(this secret is not read)"

// application is how a landing zone is checked and applied.
type application struct {
	e                   *command.Env
	stage, file, folder string
	// unread gives made-up values.
	unread bool
}

func (a *application) flags(c *cobra.Command) {
	a.e.StageFlag(c, &a.stage, "stage", "the stage", true)
	c.Flags().StringVarP(&a.file, "inputs", "i", "", "the file with the inputs")
	c.Flags().StringVar(&a.folder, "folder", ".", "the folder with the configuration of the landing zone")
	_ = c.MarkFlagRequired("inputs") // the flag was made above
}

func check(e *command.Env) *cobra.Command {
	a := &application{e: e}
	c := &cobra.Command{
		Use: "check --stage STAGE --inputs FILE", Short: "Check the inputs of a stage's landing zone; no secret is read", Args: cobra.NoArgs,
		Long: "The file has a value for variables of the configuration, or a reference to a secret, ${secret:PROJECT/NAME}, which is\n" +
			"of the stage. What is missing is told with its line, and so is a variable that would show a secret.",
		Example: "  terrace landing-zone check --stage dev --inputs environments/inputs.yaml --folder iac",
		RunE: func(c *cobra.Command, _ []string) error {
			in, _, err := a.read()
			if err != nil {
				return err
			}
			if _, err := a.ask(c.Context(), in, false); err != nil {
				return err
			}
			result := map[string]any{"stage": a.stage, "valid": true, "inputs": len(in.values), "secretReferences": len(in.uses)}
			return e.Print(result, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s fits: %d of its inputs' values are in the secrets of %s.\n", a.file, len(in.uses), a.stage)
			})
		},
	}
	a.flags(c)
	return c
}

func run(e *command.Env) *cobra.Command {
	a := &application{e: e}
	c := &cobra.Command{
		Use: "run COMMAND... --stage STAGE --inputs FILE", Short: "Run terraform or tofu with the inputs of a stage's landing zone",
		Long: "The inputs are variables of the command's environment, TF_VAR_NAME, so that no file and no argument has a secret. Each secret is\n" +
			"read with your rights, and that is in the audit log. Where the output is no terminal, values are hidden in it. The exit code is\n" +
			"the command's. Where variables are in a saved plan that are not ephemeral, their values are, too: keep it as a secret.",
		Example: "  terrace landing-zone run --stage dev --inputs environments/inputs.yaml -- terraform plan -var-file=environments/dev/variables.tfvars\n" +
			"  terrace landing-zone run --stage dev --inputs environments/inputs.yaml --unread -- terraform plan -lock=false",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.run(c.Context(), args) },
	}
	a.flags(c)
	c.Flags().BoolVar(&a.unread, "unread", false, "give made-up values, as for a change that nobody has looked at; secrets have to be there")
	return c
}

// read reads the inputs and the variables that they are for.
func (a *application) read() (*inputs, map[string]tfvariables.Variable, error) {
	in, err := readInputs(a.file)
	if err != nil {
		return nil, nil, err
	}
	known, err := variablesIn(a.folder)
	if err != nil {
		return nil, nil, err
	}
	return in, known, in.fits(a.folder, known)
}

// ask has the server look for the secrets, or return them by their references.
func (a *application) ask(ctx context.Context, in *inputs, read bool) (map[string]string, error) {
	secrets := map[string]string{}
	s, err := a.e.Server()
	if err != nil {
		return nil, err
	}
	got, err := s.LandingZoneInputs(ctx, a.stage, apiclient.ReadLandingZoneInputsRequest{References: append([]string{}, in.references()...), Read: read})
	if err != nil {
		return nil, in.located(err)
	}
	for _, i := range got {
		secrets[i.Reference] = unread
		if read {
			secrets[i.Reference] = i.Value
		}
	}
	return secrets, nil
}

func (a *application) run(ctx context.Context, args []string) error {
	in, known, err := a.read()
	if err != nil {
		return err
	}
	secrets, err := a.ask(ctx, in, !a.unread)
	if err != nil {
		return err
	}
	environment, err := in.environment(known, secrets)
	if err != nil {
		return err
	}
	program, err := exec.LookPath(args[0])
	if err != nil {
		return kernel.Errorf(kernel.NotFound, "there is no program %s", args[0]).WithFix("write its path, or install it")
	}
	c := exec.CommandContext(ctx, program, args[1:]...)
	c.Env, c.Stdin = append(a.e.Environ(), environment...), a.e.In
	hide := a.outputs(c, secrets)
	a.interruptible(c)
	err = c.Run()
	hide()
	if failed, is := errors.AsType[*exec.ExitError](err); is && failed.ExitCode() > 0 {
		return &exit.ProgramError{Program: args[0], Status: failed.ExitCode()}
	}
	if err != nil && ctx.Err() == nil {
		return kernel.Errorf(kernel.Unavailable, "%s did not end well: %w", args[0], err)
	}
	return errors.Join(err, ctx.Err())
}

// outputs has what the command prints shown as it is to a person, and without the values where it is kept.
func (a *application) outputs(c *exec.Cmd, secrets map[string]string) (end func()) {
	c.Stdout, c.Stderr = a.e.Out, a.e.Err
	if a.e.Terminal || a.unread {
		return func() {}
	}
	values := &conceal.Values{}
	for _, value := range secrets {
		values.Add(value)
	}
	out, errs := values.Stream(writer{a.e.Out}, "[secret]"), values.Stream(writer{a.e.Err}, "[secret]")
	c.Stdout, c.Stderr = out, errs
	return func() { _ = errors.Join(out.Close(), errs.Close()) }
}

// writer is a writer that is not closed.
type writer struct{ io.Writer }

// interruptible has the command end by itself when terrace is interrupted: terraform then gives back
// the lock of the state. A terminal tells all of its programs, and a second word would kill it.
func (a *application) interruptible(c *exec.Cmd) {
	c.Cancel = func() error { return nil }
	if a.e.Terminal {
		return
	}
	apart(c)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
}
