// Command bench measures what a review costs the server, beside servers that do less (see package bench), prints the table and says
// whether the goals are met. It exits with 1 when one is missed.
//
// With -profile it takes CPU profiles instead, and says where the cost is. With -apiserver it measures instead what the webhook adds to the creation of pods, on a real control plane.
//
// "bench serve NAME" is one of the servers to compare with; the bench starts them itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/kruise-admission/kruise-admission/test/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		err = bench.ServeBaseline(os.Args[2], os.Stdout)
	} else {
		err = measure(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context) error {
	options := bench.Options{Progress: os.Stderr}
	flag.DurationVar(&options.Time, "time", time.Second, "how long each variant is measured in each round")
	flag.IntVar(&options.Rounds, "rounds", 5, "how often each variant is measured")
	flag.IntVar(&options.Connections, "connections", 4, "connections that call at once; an API server opens up to about 25")
	save := flag.String("save", "", "write the results as JSON to this file")
	compare := flag.String("compare", "", "compare with the results in this file")
	only := flag.String("only", "", "a regular expression: measure only variants with such names, such as '10000 sets, 3 KB', and leave documents as they are")
	profiles := flag.String("profile", "", "measure nothing, and write CPU profiles of the servers of the variants that -only names into this folder")
	plot := flag.String("plot", "", "draw what a review costs into this SVG file")
	apiServer := flag.Bool("apiserver", false, "measure the creation of pods through an API server; of the other flags, -time, -rounds and -into count")
	into := flag.String("into", "", "write the table between the markers of this document")
	flag.Parse()
	if flag.NArg() > 0 || options.Time <= 0 || options.Rounds < 1 || options.Connections < 1 {
		flag.Usage()
		return errors.New("-time, -rounds and -connections must be positive, and there are no other arguments")
	}
	if *only != "" {
		var err error
		if options.Only, err = regexp.Compile(*only); err != nil {
			return fmt.Errorf("-only: %w", err)
		}
	}
	if *profiles != "" {
		return profile(ctx, options, *profiles, *into)
	}
	if *apiServer {
		report, err := bench.MeasureAPIServer(ctx, options)
		if err != nil {
			return err
		}
		fmt.Print(report.Table())
		if *into != "" {
			err = bench.WriteInto(*into, "bench-apiserver", report.Table())
		}
		return errors.Join(err, bench.Missed(report.Goals()))
	}
	var earlier *bench.Report
	if *compare != "" {
		var err error
		if earlier, err = bench.Load(*compare); err != nil {
			return err
		}
	}
	results, err := bench.Run(ctx, options)
	if err != nil {
		return err
	}
	changes, err := bench.MeasureChanges()
	if err != nil {
		return err
	}
	report := &bench.Report{Connections: options.Connections, Results: results, Changes: changes, Goals: bench.Goals(results, changes)}
	fmt.Print(report.Table())
	if earlier != nil {
		fmt.Print("\n", report.Compare(earlier))
	}
	if *save != "" {
		err = report.Save(*save)
	}
	if options.Only != nil {
		return errors.Join(err, bench.Missed(report.Goals))
	}
	if *plot != "" {
		err = errors.Join(err, report.Plot(*plot))
	}
	if *into != "" {
		err = errors.Join(err, bench.WriteInto(*into, "bench", report.Table()))
	}
	return errors.Join(err, bench.Missed(report.Goals))
}

// profile takes profiles into a folder, and writes the table of where the cost is into a document, if one is named.
func profile(ctx context.Context, options bench.Options, dir, into string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	profiles, err := bench.TakeProfiles(ctx, options, dir)
	if err != nil {
		return err
	}
	table := bench.ProfileTable(profiles)
	fmt.Print(table)
	if into != "" {
		return bench.WriteInto(into, "bench-profile", table)
	}
	return nil
}
