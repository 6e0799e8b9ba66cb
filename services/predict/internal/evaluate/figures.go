package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// residuals is the tally of a regressor: the root of the mean squared error, and
// the mean absolute error, as scikit-learn's root_mean_squared_error and
// mean_absolute_error.
type residuals struct {
	rows         int
	squared, abs float64
}

func (t *residuals) add(_ *payloadfile.Shape, row *payloadfile.Row, label truth) {
	d := row.Outputs[0] - label.number
	t.rows++
	t.squared += d * d
	t.abs += math.Abs(d)
}

func (t *residuals) group() Group {
	n := float64(t.rows)
	rmse, mae := math.Sqrt(t.squared/n), t.abs/n
	g := Group{Rows: t.rows, RMSE: &rmse, MAE: &mae}
	if math.IsNaN(t.squared) || math.IsInf(t.squared, 0) || math.IsInf(t.abs, 0) {
		g.RMSE, g.MAE, g.Note = nil, nil, "a prediction is not finite"
	}
	return g
}

// hits is the tally of a classifier: accuracy, and of the rows with
// probabilities log loss and AUC, as scikit-learn's accuracy_score, log_loss
// and roc_auc_score.
type hits struct {
	rows, correct int
	classes       int
	loss          float64
	truth         []int32
	probabilities []float64 // of the rows in truth, row by row
	scores        *int      // that all tallies hold
	tooMany       bool
}

// maxScores bounds the probabilities that AUC needs in memory, to 800 MB.
const maxScores = 100_000_000

func (t *hits) add(shape *payloadfile.Shape, row *payloadfile.Row, label truth) {
	t.rows++
	if row.Class == label.class {
		t.correct++
	}
	if len(row.Probabilities) == 0 {
		return
	}
	if len(t.truth) > 0 && t.classes != len(shape.Classes) {
		return // of a version whose files differ; its note says that rows lack
	}
	t.classes = len(shape.Classes)
	// What is sure and wrong would be infinitely bad. As scikit-learn does, a
	// probability is at least the precision of the numbers, and at most 1 less it.
	epsilon := 0x1p-52
	if shape.Float32 {
		epsilon = 0x1p-23
	}
	t.loss -= math.Log(min(max(row.Probabilities[label.class], epsilon), 1-epsilon))
	t.truth = append(t.truth, int32(label.class)) // of at most 10,000
	if *t.scores += len(row.Probabilities); *t.scores > maxScores {
		t.tooMany, t.probabilities = true, nil
	}
	if !t.tooMany {
		t.probabilities = append(t.probabilities, row.Probabilities...)
	}
}

func (t *hits) group() Group {
	accuracy := float64(t.correct) / float64(t.rows)
	g := Group{Rows: t.rows, Accuracy: &accuracy}
	n := len(t.truth)
	if n == 0 {
		g.Note = "no probabilities are logged"
		return g
	}
	if n < t.rows {
		g.Note = fmt.Sprintf("log loss and AUC are of the %d rows with probabilities", n)
	}
	loss := t.loss / float64(n)
	g.LogLoss = &loss
	if t.tooMany {
		g.Note = fmt.Sprintf("AUC needs more than %d probabilities in memory", maxScores)
		return g
	}
	auc, ok := t.auc()
	if !ok {
		g.Note = "AUC needs labels of every class"
		return g
	}
	g.AUC = &auc
	return g
}

// auc is the area under the ROC curve: of two classes that of the second, of
// more the mean over the classes of each against the rest (one-vs-rest, macro).
func (t *hits) auc() (float64, bool) {
	if t.classes == 2 {
		return t.area(1)
	}
	sum := 0.0
	for class := range t.classes {
		area, ok := t.area(class)
		if !ok {
			return 0, false
		}
		sum += area
	}
	return sum / float64(t.classes), true
}

// area is how likely a row of the class has a greater probability of it than a
// row of another; equal ones count half, which is what the trapezoids under
// the curve amount to. It is computed by ranks, of which equal probabilities
// share the mean (Mann and Whitney).
func (t *hits) area(class int) (float64, bool) {
	type scored struct {
		score    float64
		positive bool
	}
	all := make([]scored, len(t.truth))
	positives := 0
	for i := range all {
		all[i] = scored{t.probabilities[i*t.classes+class], int(t.truth[i]) == class}
		if all[i].positive {
			positives++
		}
	}
	negatives := len(all) - positives
	if positives == 0 || negatives == 0 {
		return 0, false
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	// Twice the number of pairs in order, so that halves are whole.
	var pairs, below float64
	for i := 0; i < len(all); {
		j, p := i, 0
		for ; j < len(all) && all[j].score == all[i].score; j++ {
			if all[j].positive {
				p++
			}
		}
		n := j - i - p
		pairs += float64(p) * (2*below + float64(n))
		below += float64(n)
		if j == i { // NaN is not equal to itself
			return 0, false
		}
		i = j
	}
	return pairs / 2 / float64(positives) / float64(negatives), true
}
