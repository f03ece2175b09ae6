package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// An area is a part of what a review costs, by functions in the stacks of a CPU profile.
type area struct{ name, functions string }

// areas take the samples of a profile: each goes to the first of whose functions one is in its stack.
var areas = []area{
	{"garbage collection", `^runtime\.(gc[A-Z]|bgsweep|bgscavenge|\(\*gcWork\)|\(\*mheap\)\.reclaim|\(\*sweepLocked\)|deductSweepCredit)`},
	{"reading and writing sockets", `^internal/poll\.`},
	{"TLS", `^crypto/`},
	{"the rule: reading what it needs, matching, the patch", `/kruise-admission/(inject|api|decision|cluster|protection|certs)[./]`},
	{"the review around the rule", `/kruise-admission/(webhook|cmd)[./]|/controller-runtime/`},
	{"HTTP", `^net/http[./]|^bufio\.|^net\.`},
	{"goroutines and waiting", `^runtime\.`},
}

// Profile is what a variant costs, by areas.
type Profile struct {
	Variant
	// CPU microseconds of the server for one review, by the operating system.
	CPU float64
	// Shares of it, as areas are listed, and what is in none.
	Shares []float64
}

// TakeProfiles calls the chosen variants, each for the time of all rounds, and writes the CPU profile of each server into dir, which must exist.
func TakeProfiles(ctx context.Context, options Options, dir string) (profiles []*Profile, err error) {
	binary, err := installation.Build(ctx)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "kruise-admission-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	for _, v := range options.plan() {
		path := filepath.Join(dir, regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(v.Name()), "-")+".pb.gz")
		_, _ = fmt.Fprintf(options.Progress, "%s\n", path)
		profile, err := takeProfile(ctx, v, options, binary, work, path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name(), err)
		}
		profiles = append(profiles, profile)
	}
	return profiles, nil
}

func takeProfile(ctx context.Context, v Variant, options Options, binary, work, path string) (profile *Profile, err error) {
	dir, err := os.MkdirTemp(work, "variant-")
	if err != nil {
		return nil, err
	}
	server, err := start(ctx, v, binary, dir, "--pprof-address=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer server.kill()
	s, err := newSubject(v, server, options.Connections)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.caller.close()) }()
	duration := (time.Duration(options.Rounds) * options.Time).Round(time.Second)
	if _, err := s.caller.run(duration / 10); err != nil {
		return nil, err
	}
	taken := make(chan error, 1)
	go func() {
		taken <- download(ctx, fmt.Sprintf("%s?seconds=%d", server.profile, max(1, int(duration.Seconds()))), path)
	}()
	measured := s.measure(ctx, duration)
	if err := errors.Join(measured, <-taken); err != nil {
		return nil, err
	}
	shares, err := shares(ctx, path)
	return &Profile{Variant: v, CPU: s.result.Rounds[0].CPU, Shares: shares}, err
}

func download(ctx context.Context, url, path string) error {
	content, err := get(ctx, url)
	return errors.Join(err, os.WriteFile(path, []byte(content), 0o644))
}

// shares asks Go's pprof which part of a profile is in each area, and which in none.
func shares(ctx context.Context, path string) ([]float64, error) {
	result := make([]float64, len(areas)+1)
	rest := 1.0
	var earlier []string
	for i, a := range areas {
		args := []string{"tool", "pprof", "-top", "-nodecount=1000000", "-nodefraction=0", "-focus=" + a.functions}
		if i > 0 {
			args = append(args, "-ignore="+strings.Join(earlier, "|"))
		}
		output, err := exec.CommandContext(ctx, "go", append(args, path)...).Output()
		if err != nil {
			return nil, fmt.Errorf("go tool pprof: %w", err)
		}
		if result[i], err = accounted(string(output)); err != nil {
			return nil, err
		}
		rest -= result[i]
		earlier = append(earlier, a.functions)
	}
	result[len(areas)] = max(0, rest)
	return result, nil
}

var accountedFor = regexp.MustCompile(`Showing nodes accounting for \S+, ([0-9.]+)% of`)

// accounted reads the share from the head of a list of pprof.
func accounted(list string) (float64, error) {
	match := accountedFor.FindStringSubmatch(list)
	if match == nil {
		return 0, fmt.Errorf("go tool pprof does not say what it shows: %.300s", list)
	}
	percent, err := strconv.ParseFloat(match[1], 64)
	return percent / 100, err
}

// ProfileTable is a table of profiles in Markdown: microseconds by area.
func ProfileTable(profiles []*Profile) string {
	var b strings.Builder
	b.WriteString("| µs CPU / review |")
	for _, p := range profiles {
		fmt.Fprintf(&b, " %s |", p.Name())
	}
	b.WriteString("\n|:--|" + strings.Repeat("--:|", len(profiles)) + "\n")
	for i := range len(areas) + 1 {
		name := "the rest"
		if i < len(areas) {
			name = areas[i].name
		}
		fmt.Fprintf(&b, "| %s |", name)
		for _, p := range profiles {
			fmt.Fprintf(&b, " %.1f |", p.CPU*p.Shares[i])
		}
		b.WriteString("\n")
	}
	b.WriteString("| all |")
	for _, p := range profiles {
		fmt.Fprintf(&b, " %.1f |", p.CPU)
	}
	return b.String() + "\n"
}
