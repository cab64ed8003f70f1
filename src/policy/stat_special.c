/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Special functions: normal, incomplete beta, binomial and Student's t. Owns numerical accuracy:
 * relative in the small tail, absolute in the large one. Refuses nothing silently: what has no
 * value is NAN or -1.
 */
#include "policy/stat.h"

#include <float.h>
#include <math.h>

#define SQRT_HALF	0.70710678118654752440
#define SQRT_TWO_PI	2.50662827463100050242
#define LOG_SQRT_TWO_PI 0.91893853320467274178

enum {
	SERIES_MAX = 60,    /* terms; each series here gains a digit in fewer than three */
	FRACTION_MAX = 600, /* steps of the continued fraction */
	NEWTON_MAX = 100,
	ROOT_MAX = 2200, /* twice the halvings from the largest double to the smallest */
};

/*
 * The fraction takes about sqrt(parameter) steps (222 at most below 4000), unless a, the one on the
 * side of the tail, is small. Elsewhere quadrature is the cheaper way.
 */
#define FRACTION_PARAMETER_MAX 4000.0
#define FRACTION_ALWAYS	       30.0
#define SUM_TERMS_MAX	       30.0

/* Where series replace a subtraction; beyond, it loses little more than a digit. */
#define SERIES_REACH 0.1

/* A tail whose logarithm is this near needs one more Newton step, which squares the distance. */
#define NEWTON_NEAR 1e-9

double stat_normal_upper(double z)
{
	return 0.5 * erfc(z * SQRT_HALF);
}

/* The z > 0 with P(Z > z) = p, for 0 < p <= 1/2. */
static double normal_upper_quantile(double p)
{
	double t = sqrt(-2.0 * log(p));
	double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
			       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

	/* Halley triples the digits: 4.5e-4 at the start leaves nothing after the second step. */
	for (int i = 0; i < 3; i++) {
		double density = exp(-0.5 * z * z) / SQRT_TWO_PI;
		double step = (stat_normal_upper(z) - p) / density;

		z += step / (1.0 - 0.5 * z * step);
	}
	return z;
}

double stat_normal_quantile(double p)
{
	if (!(p >= 0.0 && p <= 1.0))
		return NAN;
	if (p == 0.0 || p == 1.0)
		return p == 0.0 ? -INFINITY : INFINITY;
	if (p == 0.5)
		return 0.0;
	return p < 0.5 ? -normal_upper_quantile(p) : normal_upper_quantile(1.0 - p);
}

/* log(1+w) - w for w > -1, without the cancellation near zero: with r = w/(2+w), log(1+w) is
 * 2 atanh r. */
static double log1p_minus(double w)
{
	if (fabs(w) > SERIES_REACH)
		return log1p(w) - w;
	double r = w / (2.0 + w);
	double square = r * r;
	double power = square;
	double sum = 1.0 / 3.0;

	for (int i = 2; i < SERIES_MAX; i++) {
		double term = power / (2 * i + 1);

		sum += term;
		if (term < sum * (DBL_EPSILON / 4))
			break;
		power *= square;
	}
	return r * (2.0 * square * sum - w);
}

/* exp(s) - 1 - s, without the cancellation near zero. */
static double expm1_minus(double s)
{
	if (fabs(s) > SERIES_REACH)
		return expm1(s) - s;
	double term = 0.5 * s * s;
	double sum = term;

	for (int i = 3; i < SERIES_MAX && fabs(term) > sum * (DBL_EPSILON / 4); i++) {
		term *= s / i;
		sum += term;
	}
	return sum;
}

/* log Gamma(a+1) less Stirling's (a+1/2) log a - a + log sqrt(2 pi). */
static double stirling_rest(double a)
{
	if (a < 12.0) {
		int sign;

		return lgamma_r(a + 1.0, &sign) - (a + 0.5) * log(a) + a - LOG_SQRT_TWO_PI;
	}
	double r = 1.0 / (a * a);

	return (1.0 / 12 - r * (1.0 / 360 -
				       r * (1.0 / 1260 -
						   r * (1.0 / 1680 -
							       r * (1.0 / 1188 -
									   r * 691.0 / 360360))))) /
	       a;
}

/* Half the deviance, v log(v/m) + m - v, where gap = v - m is known better than by subtraction. */
static double deviance(double v, double m, double gap)
{
	if (fabs(gap) < 0.4 * v)
		return -v * log1p_minus(-gap / v);
	return v * log(v / m) - gap;
}

/* Where in its distribution a beta tail is asked for: shared by the ways to compute it. */
struct beta_point {
	double a, b; /* parameters, so swapped that x is at most the mean */
	double x, y; /* x + y = 1 */
	double n;    /* a + b */
	double gap;  /* a - n x = n y - b, from the smaller of x and y */
};

static double beta_lead(const struct beta_point *at)
{
	double exponent = stirling_rest(at->n) - stirling_rest(at->a) - stirling_rest(at->b) -
			  deviance(at->a, at->n * at->x, at->gap) -
			  deviance(at->b, at->n * at->y, -at->gap);

	return sqrt(at->a) * sqrt(at->b / at->n) * exp(exponent) / SQRT_TWO_PI;
}

/* I_x(a,b) over the leading factor, by Lentz's evaluation of DLMF 8.17.22. */
static double beta_fraction(const struct beta_point *at)
{
	const double tiny = 1e-300;
	double a = at->a;
	double b = at->b;
	double d = 1.0 - at->n * at->x / (a + 1.0);
	double c = 1.0;

	d = 1.0 / (fabs(d) < tiny ? tiny : d);
	double value = d;

	for (int m = 1; m <= FRACTION_MAX; m++) {
		double even = m * (b - m) * at->x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (at->n + m) * at->x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1.0 + even * d;
		c = 1.0 + even / c;
		d = 1.0 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		d = 1.0 + odd * d;
		c = 1.0 + odd / c;
		d = 1.0 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		if (fabs(d * c - 1.0) < DBL_EPSILON)
			break;
	}
	return value / a;
}

/* I_x(a,b) over the leading factor for a whole b: the b terms of a binomial tail, largest first. */
static double beta_sum(const struct beta_point *at)
{
	double odds = at->x / at->y;
	double term = 1.0;
	double sum = 1.0;

	for (double j = at->b - 1.0; j >= 1.0; j -= 1.0) {
		term *= j * odds / (at->n - j);
		sum += term;
	}
	return sum / (at->a * at->y);
}

/*
 * log of the integrand t^a (1-t)^b, relative to its value at x, a distance s below x in log-odds.
 * Both forms are the same function; each avoids the cancellation of the other.
 */
static double beta_log_ratio(const struct beta_point *at, double s)
{
	double small = at->x <= at->y ? at->x : at->y;
	double sign = at->x <= at->y ? -s : s;
	double curve = expm1_minus(sign);

	return -at->gap * s - at->n * small * curve - at->n * log1p_minus(small * (curve + sign));
}

/* The log-odds below x at which the integrand has fallen to exp(-42), beyond which nothing shows. */
static double beta_reach(const struct beta_point *at)
{
	const double fall = 42.0;
	double s = sqrt(2.0 * fall / (at->n * at->x * at->y));

	if (at->gap * s > fall)
		s = fall / at->gap;
	/* The logarithm is concave, so Newton overshoots at most once and then closes in from above. */
	for (int i = 0; i < 12; i++) {
		double grown = exp(-s);
		double t = at->x * grown / (at->y + at->x * grown);
		double next = s - (beta_log_ratio(at, s) + fall) / (at->n * t - at->a);

		if (!(next > 0.0) || fabs(next - s) < 0.01 * s)
			break;
		s = next;
	}
	return s;
}

/* I_x(a,b) over the leading factor, by two panels of 32 Gauss-Legendre nodes. */
static double beta_quadrature(const struct beta_point *at)
{
	static const double node[16][2] = {
		{0.0483076656877383162, 0.0965400885147278006},
		{0.144471961582796493, 0.0956387200792748594},
		{0.239287362252137075, 0.0938443990808045656},
		{0.331868602282127650, 0.0911738786957638847},
		{0.421351276130635345, 0.0876520930044038111},
		{0.506899908932229390, 0.0833119242269467552},
		{0.587715757240762329, 0.0781938957870703065},
		{0.663044266930215201, 0.0723457941088485062},
		{0.732182118740289680, 0.0658222227763618468},
		{0.794483795967942407, 0.0586840934785355471},
		{0.849367613732569970, 0.0509980592623761762},
		{0.896321155766052124, 0.0428358980222266807},
		{0.934906075937739689, 0.0342738629130214331},
		{0.964762255587506431, 0.0253920653092620595},
		{0.985611511545268335, 0.0162743947309056706},
		{0.997263861849481564, 0.00701861000947009660},
	};
	double half = 0.25 * beta_reach(at);
	double sum = 0.0;

	for (int panel = 3; panel >= 1; panel -= 2) {
		for (int i = 15; i >= 0; i--) {
			double offset = half * node[i][0];

			sum += node[i][1] * (exp(beta_log_ratio(at, panel * half - offset)) +
						    exp(beta_log_ratio(at, panel * half + offset)));
		}
	}
	return half * sum;
}

/* I_x(a,b) over the leading factor, the cheapest way. */
static double beta_rest(const struct beta_point *at)
{
	double largest = at->a > at->b ? at->a : at->b;

	if (at->b <= SUM_TERMS_MAX && at->b == floor(at->b))
		return beta_sum(at);
	if (largest <= FRACTION_PARAMETER_MAX || at->a <= FRACTION_ALWAYS)
		return beta_fraction(at);
	return beta_quadrature(at);
}

int stat_beta(double a, double b, double x, double y, struct stat_beta *ret_value)
{
	if (!(a > 0.0 && b > 0.0 && isfinite(a) && isfinite(b)) ||
		!(x >= 0.0 && x <= 1.0 && y >= 0.0 && y <= 1.0))
		return -1;
	if (x == 0.0 || y == 0.0) {
		*ret_value = (struct stat_beta){
			.lower = x == 0.0 ? 0.0 : 1.0, .upper = x == 0.0 ? 1.0 : 0.0, .lead = 0.0};
		return 0;
	}
	struct beta_point at = {.a = a, .b = b, .x = x, .y = y, .n = a + b};

	at.gap = x <= y ? fma(-at.n, x, a) : fma(at.n, y, -b);
	int swapped = at.gap < 0.0;

	if (swapped)
		at = (struct beta_point){.a = b, .b = a, .x = y, .y = x, .n = at.n, .gap = -at.gap};
	double lead = beta_lead(&at);
	double tail = lead * beta_rest(&at);

	tail = tail > 1.0 ? 1.0 : tail;
	*ret_value = (struct stat_beta){.lower = swapped ? 1.0 - tail : tail,
		.upper = swapped ? tail : 1.0 - tail,
		.lead = lead};
	return 0;
}

/* (1-p)^n, through the logarithm only where 1-p is rounded. */
static double no_event(int64_t n, double p)
{
	return p < 0.5 ? exp((double)n * log1p(-p)) : pow(1.0 - p, (double)n);
}

double stat_binomial_at_most(int64_t k, int64_t n, double p)
{
	struct stat_beta value;

	if (n < 0 || n > STAT_COUNT_MAX || !(p >= 0.0 && p <= 1.0))
		return NAN;
	if (k < 0 || k >= n)
		return k < 0 ? 0.0 : 1.0;
	if (k == 0)
		return no_event(n, p);
	return stat_beta((double)(n - k), (double)(k + 1), 1.0 - p, p, &value) < 0 ? NAN
										   : value.lower;
}

double stat_binomial_at_least(int64_t k, int64_t n, double p)
{
	struct stat_beta value;

	if (n < 0 || n > STAT_COUNT_MAX || !(p >= 0.0 && p <= 1.0))
		return NAN;
	if (k <= 0 || k > n)
		return k <= 0 ? 1.0 : 0.0;
	if (k == n)
		return pow(p, (double)n);
	return stat_beta((double)k, (double)(n - k + 1), p, 1.0 - p, &value) < 0 ? NAN
										 : value.lower;
}

/* P(T > t) for t > 0 and finite df > 0; the leading factor is t times the density. */
static double student_tail(double t, double df, double *ret_lead)
{
	/* Two divisions, because t^2 may overflow where its reciprocal matters. */
	double ratio = df / t / t;
	struct stat_beta value;

	if (stat_beta(0.5 * df, 0.5, ratio / (1.0 + ratio), 1.0 / (1.0 + ratio), &value) < 0) {
		*ret_lead = 0.0;
		return isinf(ratio) ? 0.5 : NAN;
	}
	*ret_lead = value.lead;
	return 0.5 * value.lower;
}

double stat_student_upper(double t, double df)
{
	double lead;

	if (isnan(t) || !(df >= 0.0))
		return NAN;
	if (isinf(df) || isinf(t) || t == 0.0)
		return stat_normal_upper(t);
	if (df == 0.0)
		return 0.5;
	double tail = student_tail(fabs(t), df, &lead);

	return t > 0.0 ? tail : 1.0 - tail;
}

double stat_student_quantile(double p, double df)
{
	if (!(p >= 0.0 && p <= 1.0) || !(df >= 0.0))
		return NAN;
	double z = stat_normal_quantile(p);

	if (isinf(df) || isinf(z) || z == 0.0)
		return z;
	if (df == 0.0)
		return copysign(INFINITY, z);
	double wanted = p < 0.5 ? p : 1.0 - p;
	double t = fabs(z);
	double lo = 0.0;
	double hi = DBL_MAX;

	t += t * (t * t + 1.0) / (4.0 * df);
	for (int i = 0; i < NEWTON_MAX; i++) {
		double lead;
		double tail = student_tail(t, df, &lead);
		double gap = log(tail / wanted);
		double next = t * exp(gap * tail / lead);

		if (fabs(gap) < NEWTON_NEAR || fabs(next - t) <= 2 * DBL_EPSILON * t)
			return copysign(next, z);
		if (gap > 0.0)
			lo = t;
		else
			hi = t;
		if (!(next > lo && next < hi))
			next = lo > 0.0 ? sqrt(lo) * sqrt(hi) : 0.5 * t;
		t = next;
	}
	return copysign(t, z);
}

/* The step from a towards b, as a share: inverse quadratic interpolation where Chandrupatla's test says
 * that it is to be trusted, else half. c is the point before a. */
static double root_share(const double x[3], const double f[3])
{
	double xi = (x[0] - x[1]) / (x[2] - x[1]);
	double phi = (f[0] - f[1]) / (f[2] - f[1]);

	if (!(phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi))
		return 0.5;
	return f[0] / (f[1] - f[0]) * (f[2] / (f[1] - f[2])) +
	       (x[2] - x[0]) / (x[1] - x[0]) * (f[0] / (f[2] - f[0])) * (f[1] / (f[2] - f[1]));
}

double stat_root(
	double (*f)(double x, const void *context), const void *context, double lo, double hi)
{
	/* The newest point, the one on the other side of the root, and the one before. */
	double x[3] = {hi, lo, lo};
	double y[3] = {f(hi, context), f(lo, context), 0.0};
	double share = 0.5;

	if (y[0] == 0.0 || y[1] == 0.0)
		return y[1] == 0.0 ? lo : hi;
	if ((y[0] < 0.0) == (y[1] < 0.0))
		return fabs(y[1]) <= fabs(y[0]) ? lo : hi;
	for (int i = 0; i < ROOT_MAX; i++) {
		double next = x[0] + share * (x[1] - x[0]);
		double value = f(next, context);
		int turned = (value < 0.0) != (y[0] < 0.0);

		x[2] = turned ? x[1] : x[0];
		y[2] = turned ? y[1] : y[0];
		x[1] = turned ? x[0] : x[1];
		y[1] = turned ? y[0] : y[1];
		x[0] = next;
		y[0] = value;
		double best = fabs(y[0]) < fabs(y[1]) ? x[0] : x[1];
		double least = (0.5 * DBL_EPSILON * fabs(best) + DBL_MIN) / fabs(x[1] - x[0]);

		if (value == 0.0 || least > 0.5)
			return best;
		share = fmin(1.0 - least, fmax(least, root_share(x, y)));
	}
	return x[0];
}
