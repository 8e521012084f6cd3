# Reference numbers for tests/estimators/test_{strata,randomisation,power,balance,...}.py
# Run:  Rscript tests/reference/r/design.R > tests/reference/r/design.json
# Data are written out by formula, so that tests make the same without R.
suppressPackageStartupMessages({library(estimatr); library(jsonlite); library(sandwich); library(coin)})
noise <- function(n, k) (sin((1:n) * k) * 1e4) %% 1
n <- 120
z <- as.integer(noise(n, 12.9898) < 0.45)
s <- rep(c("a", "b", "c"), c(30, 40, 50))
y <- 2 * noise(n, 78.233) + z * 0.3 + 0.5 * (s == "b") + z * noise(n, 4.1414)
x <- noise(n, 37.719)
w <- 0.5 + noise(n, 9.151)
d <- data.frame(y, z, s, x, w)
out <- list(versions = list(R = R.version.string, estimatr = as.character(packageVersion("estimatr"))))
take <- function(m) { at <- function(v) unname(if (is.null(names(v))) v[1] else v["z"]); list(estimate = at(m$coefficients),
  std_error = at(m$std.error), df = at(m$df), p = at(m$p.value), lower = at(m$conf.low), upper = at(m$conf.high)) }
out$blocks <- take(difference_in_means(y ~ z, blocks = s, data = d, alpha = 0.10))
out$plain <- take(difference_in_means(y ~ z, data = d, alpha = 0.10))
for (hc in c("HC0", "HC1", "HC2", "HC3")) out[[paste0("weighted_", hc)]] <- take(lm_robust(y ~ z + x, weights = w, data = d, se_type = hc, alpha = 0.10))
out$weighted_plain <- take(lm_robust(y ~ z, weights = w, data = d, se_type = "HC2", alpha = 0.10))
# matched pairs
pairs <- data.frame(y = y[1:40], z = rep(0:1, 20), s = rep(1:20, each = 2))
out$pairs <- take(difference_in_means(y ~ z, blocks = s, data = pairs, alpha = 0.10))
# all draws of fixed size, studentised
y20 <- round(noise(20, 3.3) * 10, 1); z20 <- rep(0:1, each = 10); y20 <- y20 + 2 * z20
cm <- combn(20, 10); tot <- sum(y20); tot2 <- sum(y20^2)
yc <- y20 - mean(y20)
s1 <- colSums(matrix(yc[cm], 10)); q1 <- colSums(matrix(yc[cm]^2, 10)); s0 <- sum(yc) - s1; q0 <- sum(yc^2) - q1
tt <- (s1 / 10 - s0 / 10) / sqrt(((q1 - s1^2 / 10) + (q0 - s0^2 / 10)) / 9 / 10)
obs <- unname(t.test(y20[11:20], y20[1:10])$statistic)
out$all_draws <- list(y = y20, statistic = obs, extreme = sum(abs(tt) >= abs(obs) * (1 - 1e-9)), draws = ncol(cm))
# power
out$power <- list(
  mean = power.t.test(n = 188, delta = 0.2, sd = 1.1, sig.level = 0.10, strict = TRUE, tol = 1e-10)$power,
  mean_n = power.t.test(power = 0.8, delta = 0.2, sd = 1.1, sig.level = 0.10, strict = TRUE, tol = 1e-10)$n,
  mean_mde = power.t.test(n = 188, power = 0.8, sd = 1.1, sig.level = 0.10, strict = TRUE, tol = 1e-12)$delta,
  share = power.prop.test(n = 188, p1 = 0.2, p2 = 0.3, sig.level = 0.10, strict = TRUE, tol = 1e-10)$power,
  share_n = power.prop.test(power = 0.8, p1 = 0.2, p2 = 0.3, sig.level = 0.10, strict = TRUE, tol = 1e-10)$n,
  share_p2 = power.prop.test(n = 188, power = 0.8, p1 = 0.2, sig.level = 0.10, strict = TRUE, tol = 1e-12)$p2)
# balance
t24 <- rbind(c(50, 43, 18, 77), c(46, 54, 24, 65))
t23 <- rbind(c(3, 9, 20), c(8, 2, 30)); t33 <- rbind(c(3, 1, 6), c(0, 5, 4), c(2, 2, 9))
out$tables <- list(
  pearson = unlist(chisq.test(t24, correct = FALSE)[c("statistic", "parameter", "p.value")]),
  two = unlist(chisq.test(rbind(c(96, 92), c(100, 89)), correct = FALSE)[c("statistic", "parameter", "p.value")]),
  fisher_2x2 = fisher.test(rbind(c(3, 12), c(9, 4)))$p.value,
  fisher_2x3 = fisher.test(t23)$p.value, fisher_3x3 = fisher.test(t33)$p.value,
  fisher_2x4 = fisher.test(t24, workspace = 2e7)$p.value,
  fit = unlist(chisq.test(c(115, 181, 252, 204), p = c(.183, .261, .317, .239))[c("statistic", "parameter", "p.value")]),
  binom = binom.test(3, 20, 0.3)$p.value)
tw <- t.test(y ~ factor(z, levels = c(1, 0)), data = d, conf.level = 0.9); tp <- t.test(y ~ factor(z, levels = c(1, 0)), data = d, var.equal = TRUE, conf.level = 0.9)
one <- t.test(y, mu = 1.2, conf.level = 0.9)
tt3 <- function(t) unname(c(t$statistic, t$parameter, t$p.value))
out$t <- list(welch = tt3(tw), pooled = tt3(tp), one = tt3(one))
g <- c("c", "p", "q")[1 + floor(noise(n, 5.77) * 3)]
X <- cbind(x, w, as.numeric(s == "b"), as.numeric(s == "c"))
f2 <- anova(lm(z ~ 1), lm(z ~ X))
mv <- summary(manova(X ~ g), test = "Wilks")$stats[1, ]
out$joint <- list(pair = c(f2$F[2], f2$Df[2], f2$Res.Df[2], f2$`Pr(>F)`[2]), all = unname(mv[c("Wilks", "approx F", "num Df", "den Df", "Pr(>F)")]))
# inverse-probability weights: stacked equations by sandwich's pieces
r <- as.integer(noise(n, 6.61) < plogis(0.5 + x + 0.3 * z))
ipw <- function(a) {
  k <- z == a; m <- glm(r[k] ~ x[k] + w[k], family = binomial, control = list(epsilon = 1e-14, maxit = 100))
  p <- fitted(m); ww <- r[k] / p; yy <- ifelse(r[k] == 1, y[k], 0); mu <- sum(ww * yy) / sum(ww); D <- model.matrix(m)
  A11 <- crossprod(D * sqrt(p * (1 - p))); A21 <- t(colSums(D * (ww * (yy - mu) * (1 - p)))); A22 <- sum(ww)
  A <- rbind(cbind(A11, 0), cbind(A21, A22)); B <- crossprod(cbind(D * (r[k] - p), ww * (yy - mu)))
  V <- solve(A) %*% B %*% t(solve(A)); c(mu, V[4, 4]) }
i1 <- ipw(1); i0 <- ipw(0)
out$ipw <- list(estimate = i1[1] - i0[1], variance_arm = i1[2], variance_control = i0[2], n = c(sum(z == 1), sum(z == 0)))
# Cronbach's alpha and Feldt's interval
it <- sapply(c(2.2, 3.1, 4.7, 8.3), function(k) 1 + floor(5 * (0.6 * noise(n, 37.719) + 0.4 * noise(n, k))))
C <- cov(it); al <- 4 / 3 * (1 - sum(diag(C)) / sum(C))
out$alpha <- list(alpha = al, lower = 1 - (1 - al) * qf(0.95, n - 1, (n - 1) * 3), upper = 1 - (1 - al) * qf(0.05, n - 1, (n - 1) * 3))
# multiplicity
p <- c(0.001, 0.04, 0.03, 0.2, 0.011, 0.5, 0.049)
out$adjust <- list(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))
mc <- matrix(c(4602, 15, 15, 4605), 2)
out$symmetry <- binom.test(15, 30)$p.value
b3 <- rbind(c(50, 4, 9), c(1, 40, 5), c(3, 6, 60))
out$bowker <- unname(mcnemar.test(b3)$p.value)
out$clopper <- as.numeric(binom.test(30, 9237, conf.level = 0.9)$conf.int)
cat(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
