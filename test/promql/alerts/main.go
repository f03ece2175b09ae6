// Command alerts tells which alerts fire, by Prometheus' own engine on made-up series, as "promtool test rules" does; promtool itself brings
// the clients of every cloud. Standard input is JSON: alerts, and scenarios of series; standard output is a list of the same length as the
// scenarios that says of each which alerts fire at its end.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// interval is the time between two scrapes, and between two evaluations of the alerts.
const interval = time.Minute

// input is what is asked.
type input struct {
	Alerts []alert
	// Scenarios are lists of series in the notation of promtool: name, labels and the values of each minute.
	Scenarios [][]string
	// Minutes is how long each scenario takes. It begins at the Unix time 0.
	Minutes int
}

type alert struct{ Alert, Expr, For string }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var asked input
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	firing := make([][]string, len(asked.Scenarios))
	for i, lines := range asked.Scenarios {
		series, err := parse(lines)
		if err != nil {
			return err
		}
		firing[i] = []string{}
		for _, a := range asked.Alerts {
			fires, err := a.fires(engine, series, asked.Minutes)
			if err != nil {
				return fmt.Errorf("%s: %w", a.Alert, err)
			}
			if fires {
				firing[i] = append(firing[i], a.Alert)
			}
		}
		slices.Sort(firing[i])
	}
	return json.NewEncoder(os.Stdout).Encode(firing)
}

// fires says whether the alert fires after so many minutes: one of its series was there at each evaluation of the last For.
func (a alert) fires(engine *promql.Engine, series storage, minutes int) (bool, error) {
	var hold model.Duration
	if a.For != "" {
		var err error
		if hold, err = model.ParseDuration(a.For); err != nil {
			return false, err
		}
	}
	end := time.Unix(0, 0).Add(time.Duration(minutes) * interval)
	start := end.Add(-time.Duration(hold))
	if start.Before(time.Unix(0, 0)) {
		return false, fmt.Errorf("for %s is longer than the scenario", a.For)
	}
	query, err := engine.NewRangeQuery(context.Background(), series, nil, a.Expr, start, end, interval)
	if err != nil {
		return false, err
	}
	defer query.Close()
	result, err := query.Exec(context.Background()).Matrix()
	if err != nil {
		return false, err
	}
	evaluations := int(time.Duration(hold)/interval) + 1
	return slices.ContainsFunc(result, func(s promql.Series) bool { return len(s.Floats) == evaluations }), nil
}
