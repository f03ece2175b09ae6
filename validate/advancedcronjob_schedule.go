package validate

// When an AdvancedCronJob starts its jobs: rules 2 to 4 and 11. The grammar is that of the library which OpenKruise's controller reads
// schedules with.

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// scheduleRules checks the schedule, and that the time zone is given once.
func scheduleRules(spec *v1beta1.AdvancedCronJobSpec, found *findings) {
	path := specPath.Child("schedule")
	if spec.Schedule == "" {
		found.add(field.ErrorList{field.Required(path, "five fields (minute, hour, day of month, month, day of week) or a word such as @daily")})
		return
	}
	schedule, err := parseSchedule(spec.Schedule)
	if err != nil {
		found.add(field.ErrorList{field.Invalid(path, spec.Schedule, fmt.Sprintf(
			"%v: write five fields (minute, hour, day of month, month, day of week) or a word such as @daily", err))})
	}
	if spec.TimeZone != nil && strings.Contains(spec.Schedule, "TZ") {
		found.add(field.ErrorList{field.Invalid(path, spec.Schedule, "has a time zone beside spec.timeZone: remove TZ= from the schedule")})
	}
	if err == nil && schedule.Next(anyLeapYear).IsZero() {
		found.warn(fmt.Sprintf("%s is %q, which never comes: no job will be started", path, spec.Schedule))
	}
}

// anyLeapYear is where the search for the next time begins. It ends five years later, so whether there is one does not depend on today.
var anyLeapYear = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// parseSchedule reads a schedule as the controller does, apart from a time zone that nothing follows: the library crashes on it.
func parseSchedule(text string) (cron.Schedule, error) {
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		if !strings.Contains(text, " ") {
			return nil, fmt.Errorf("nothing follows the time zone")
		}
	}
	return cron.ParseStandard(text)
}

// timeZone checks that there is such a time zone. The zone of the machine is none: it may be another one after a restart.
func timeZone(name *string) field.ErrorList {
	path := specPath.Child("timeZone")
	switch {
	case name == nil:
		return nil
	case *name == "":
		return field.ErrorList{field.Invalid(path, *name, "must be a name of the tz database such as Europe/Paris: remove it for the zone of the controller")}
	case strings.EqualFold(*name, "Local"):
		return field.ErrorList{field.Invalid(path, *name, "must be a name of the tz database such as Europe/Paris: the local zone depends on the controller's machine")}
	}
	if _, err := time.LoadLocation(*name); err != nil {
		return field.ErrorList{field.Invalid(path, *name, fmt.Sprintf("%v: write a name of the tz database such as Europe/Paris", err))}
	}
	return nil
}
